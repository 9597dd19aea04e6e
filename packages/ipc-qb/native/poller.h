// libqb's poll handlers on libuv.
#pragma once

#include <qb/qbipcs.h>
#include <uv.h>

#include <cstdint>
#include <functional>
#include <unordered_map>

namespace coterie {

/** Counts libuv handles that are still open, and says when the last one has gone. */
struct OpenHandles {
  int count = 0;
  std::function<void()> none;

  void Closed() {
    if (--count == 0 && none) none();
  }
};

class Poller {
 public:
  /** What a file descriptor is for. A handshake has to be over soon. */
  enum class Use { kListener, kHandshake, kConnection };

  /** `before` runs before each call into libqb, and may do anything but delete the Poller. */
  Poller(uv_loop_t* loop, OpenHandles* handles, std::function<void()> before)
      : loop_(loop), handles_(handles), before_(std::move(before)) {}

  int Add(Use use, int fd, int events, void* data, qb_ipcs_dispatch_fn_t fn);
  int Mod(int fd, int events, void* data, qb_ipcs_dispatch_fn_t fn);
  int Del(int fd);
  /** Look for requests on a connection, or only for its end. */
  void SetReading(int fd, bool reading);

  /** Ends handshakes begun at `time` (of uv_now) or before. */
  void EndHandshakes(uint64_t time);
  /** When the oldest of them began. */
  uint64_t OldestHandshake() const;
  /** How many are under way. */
  int handshakes() const { return handshakes_; }

  /** How many calls into libqb are under way: inside one no connection may be taken down. */
  int depth() const { return depth_; }
  /** Bytes that wake the server and wait to be read: so many requests libqb may take in this call. */
  int budget() const { return budget_; }
  void Spend() { budget_--; }

 private:
  struct Poll {
    uv_poll_t handle;
    Poller* owner;
    OpenHandles* handles;
    uint64_t id;
    uint64_t since;
    Use use;
    int fd;
    int events;
    bool reading;
    void* data;
    qb_ipcs_dispatch_fn_t fn;
  };

  void Listen(Poll* poll);
  void OnEvents(int fd, uint64_t id, int status, int events);
  void HangUp(int fd, uint64_t id);
  bool Call(int fd, uint64_t id, int revents);
  Poll* Find(int fd, uint64_t id);

  uv_loop_t* loop_;
  OpenHandles* handles_;
  std::function<void()> before_;
  std::unordered_map<int, Poll*> polls_;
  uint64_t next_id_ = 1;
  int handshakes_ = 0;
  int depth_ = 0;
  int budget_ = 0;
};

}  // namespace coterie
