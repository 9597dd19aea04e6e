#include "flow_control.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

namespace coterie {

namespace {

/** Of the word in the header file of the request ring (libqb: the ring's shared user data). */
constexpr off_t kWordAt = 8240;
/** Only cpg's multicasts are refused; other calls wait until their request is read. */
constexpr int32_t kOff2 = 2;

/** The folder that libqb has made for this connection; empty if there is none. */
std::string Folder(pid_t client, int fd) {
  const std::string prefix =
      "qb-" + std::to_string(getpid()) + "-" + std::to_string(client) + "-" + std::to_string(fd) + "-";
  std::string found;
  DIR* shm = opendir("/dev/shm");
  if (shm == nullptr) return found;
  while (const dirent* entry = readdir(shm)) {
    if (strncmp(entry->d_name, prefix.c_str(), prefix.size()) == 0) {
      found = std::string("/dev/shm/") + entry->d_name;
      break;
    }
  }
  closedir(shm);
  return found;
}

}  // namespace

FlowControl::~FlowControl() {
  if (file_ >= 0) close(file_);
}

void FlowControl::Set(bool on, const char* service, pid_t client, uid_t uid, int fd) {
  if (!opened_) {
    opened_ = true;
    file_ = Open(service, client, uid, fd);
  }
  const int32_t value = on ? kOff2 : 0;
  // Written, not mapped: the client may have truncated the file.
  if (file_ >= 0 && pwrite(file_, &value, sizeof value, kWordAt) != sizeof value) {
    close(file_);
    file_ = -1;
  }
}

/** The folder is the client's: what is found there must be a file of its own. */
int FlowControl::Open(const char* service, pid_t client, uid_t uid, int fd) {
  const std::string folder = Folder(client, fd);
  if (folder.empty()) return -1;
  const std::string path = folder + "/qb-request-" + service + "-header";
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return -1;
  struct stat status;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == uid && status.st_nlink == 1 &&
      status.st_size >= kWordAt + static_cast<off_t>(sizeof kOff2)) {
    return file;
  }
  close(file);
  return -1;
}

}  // namespace coterie
