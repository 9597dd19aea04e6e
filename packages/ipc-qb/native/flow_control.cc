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

/** Where the word is: in a file of this name around the service's, at this offset. */
struct Place {
  const char* before;
  const char* after;
  off_t at;
};
/** libqb's shared user data of the ring of requests, and flow_control of struct ipc_us_control where there are sockets. */
constexpr Place kPlaces[] = {{"/qb-request-", "-header", 8240}, {"/qb-control-", "", 4}};
/** Only cpg's multicasts are refused; other calls wait until their request is read. */
constexpr int32_t kOff2 = 2;

/** The folder that libqb has made for this connection; empty if there is none. */
std::string Folder(pid_t client, const std::vector<int>& fds) {
  const std::string ours = "qb-" + std::to_string(getpid()) + "-" + std::to_string(client) + "-";
  std::string found;
  DIR* shm = opendir("/dev/shm");
  if (shm == nullptr) return found;
  while (const dirent* entry = readdir(shm)) {
    for (const int fd : fds) {
      const std::string prefix = ours + std::to_string(fd) + "-";
      if (strncmp(entry->d_name, prefix.c_str(), prefix.size()) == 0) found = std::string("/dev/shm/") + entry->d_name;
    }
  }
  closedir(shm);
  return found;
}

}  // namespace

FlowControl::~FlowControl() {
  if (file_ >= 0) close(file_);
}

void FlowControl::Set(bool on, const char* service, pid_t client, uid_t uid, const std::vector<int>& fds) {
  if (!opened_) {
    opened_ = true;
    Open(service, client, uid, fds);
  }
  const int32_t value = on ? kOff2 : 0;
  // Written, not mapped: the client may have truncated the file.
  if (file_ >= 0 && pwrite(file_, &value, sizeof value, at_) != sizeof value) {
    close(file_);
    file_ = -1;
  }
}

/** The folder is the client's: what is found there must be a file of its own. */
void FlowControl::Open(const char* service, pid_t client, uid_t uid, const std::vector<int>& fds) {
  const std::string folder = Folder(client, fds);
  if (folder.empty()) return;
  for (const Place& place : kPlaces) {
    const std::string path = folder + place.before + service + place.after;
    const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) continue;
    struct stat status;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == uid && status.st_nlink == 1 &&
        status.st_size >= place.at + static_cast<off_t>(sizeof kOff2)) {
      file_ = file;
      at_ = place.at;
      return;
    }
    close(file);
  }
}

}  // namespace coterie
