// The word in a connection's memory shared with its client that makes cpg_mcast_joined return CS_ERR_TRY_AGAIN. libqb sets it for
// all connections of a service together; here it is wanted for one.
#pragma once

#include <sys/types.h>

#include <vector>

namespace coterie {

class FlowControl {
 public:
  FlowControl() = default;
  FlowControl(const FlowControl&) = delete;
  FlowControl& operator=(const FlowControl&) = delete;
  ~FlowControl();

  /** `service`: its name, `fds`: the connection's sockets here; libqb names its files after one of them. */
  void Set(bool on, const char* service, pid_t client, uid_t uid, const std::vector<int>& fds);

 private:
  void Open(const char* service, pid_t client, uid_t uid, const std::vector<int>& fds);

  int file_ = -1;
  off_t at_ = 0;
  bool opened_ = false;
};

}  // namespace coterie
