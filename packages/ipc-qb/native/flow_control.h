// The word in a connection's shared memory that makes cpg_mcast_joined return CS_ERR_TRY_AGAIN. libqb sets it for
// all connections of a service together; here it is wanted for one.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace coterie {

class FlowControl {
 public:
  FlowControl() = default;
  FlowControl(const FlowControl&) = delete;
  FlowControl& operator=(const FlowControl&) = delete;
  ~FlowControl();

  /** `service`: its name, `fd`: the connection's socket here. Does nothing on a connection without shared memory. */
  void Set(bool on, const char* service, pid_t client, uid_t uid, int fd);

 private:
  static int Open(const char* service, pid_t client, uid_t uid, int fd);

  int file_ = -1;
  bool opened_ = false;
};

}  // namespace coterie
