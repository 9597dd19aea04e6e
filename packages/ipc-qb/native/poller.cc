#include "poller.h"

#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <vector>

namespace coterie {

namespace {

/** More rounds than these a connection that has ended does not get for what it sent before. */
constexpr int kLastRounds = 64;

int Pending(int fd) {
  int bytes = 0;
  return ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : 0;
}

}  // namespace

int Poller::Add(Use use, int fd, int events, void* data, qb_ipcs_dispatch_fn_t fn) {
  auto* poll = new Poll();
  const int error = uv_poll_init(loop_, &poll->handle, fd);
  if (error != 0) {
    delete poll;
    return error;
  }
  handles_->count++;
  poll->owner = this;
  poll->handles = handles_;
  poll->id = next_id_++;
  poll->since = uv_now(loop_);
  poll->use = use;
  poll->fd = fd;
  poll->events = events;
  poll->reading = true;
  poll->data = data;
  poll->fn = fn;
  polls_[fd] = poll;
  if (use == Use::kHandshake) handshakes_++;
  Listen(poll);
  return 0;
}

int Poller::Mod(int fd, int events, void* data, qb_ipcs_dispatch_fn_t fn) {
  const auto found = polls_.find(fd);
  if (found == polls_.end()) return -ENOENT;
  Poll* poll = found->second;
  poll->events = events;
  poll->data = data;
  poll->fn = fn;
  Listen(poll);
  return 0;
}

/** libqb closes the file descriptor right afterwards; the handle goes when the loop has let go of it. */
int Poller::Del(int fd) {
  const auto found = polls_.find(fd);
  if (found == polls_.end()) return -ENOENT;
  Poll* poll = found->second;
  polls_.erase(found);
  if (poll->use == Use::kHandshake) handshakes_--;
  uv_poll_stop(&poll->handle);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll->handle), [](uv_handle_t* handle) {
    Poll* closed = reinterpret_cast<Poll*>(handle);
    OpenHandles* handles = closed->handles;
    delete closed;
    handles->Closed();
  });
  return 0;
}

void Poller::SetReading(int fd, bool reading) {
  const auto found = polls_.find(fd);
  if (found == polls_.end() || found->second->reading == reading) return;
  found->second->reading = reading;
  Listen(found->second);
}

void Poller::EndHandshakes(uint64_t time) {
  std::vector<std::pair<int, uint64_t>> late;
  for (const auto& [fd, poll] : polls_) {
    if (poll->use == Use::kHandshake && poll->since <= time) late.emplace_back(fd, poll->id);
  }
  for (const auto& [fd, id] : late) Call(fd, id, POLLHUP);
}

uint64_t Poller::OldestHandshake() const {
  uint64_t oldest = UINT64_MAX;
  for (const auto& [fd, poll] : polls_) {
    if (poll->use == Use::kHandshake) oldest = std::min(oldest, poll->since);
  }
  return oldest;
}

void Poller::Listen(Poll* poll) {
  int events = UV_DISCONNECT;
  if ((poll->events & POLLIN) && poll->reading) events |= UV_READABLE;
  if (poll->events & POLLOUT) events |= UV_WRITABLE;
  uv_poll_start(&poll->handle, events, [](uv_poll_t* handle, int status, int events) {
    const Poll* ready = reinterpret_cast<Poll*>(handle);
    ready->owner->OnEvents(ready->fd, ready->id, status, events);
  });
}

void Poller::OnEvents(int fd, uint64_t id, int status, int events) {
  if (status != 0 || (events & UV_DISCONNECT)) return HangUp(fd, id);
  Call(fd, id, ((events & UV_READABLE) ? POLLIN : 0) | ((events & UV_WRITABLE) ? POLLOUT : 0));
}

/** What a program sent just before it ended still counts: libqb alone would drop it. */
void Poller::HangUp(int fd, uint64_t id) {
  const Poll* poll = Find(fd, id);
  if (poll == nullptr) return;
  if (poll->use == Use::kConnection && poll->reading) {
    for (int i = 0; i < kLastRounds && Pending(fd) > 0; i++) {
      if (!Call(fd, id, POLLIN)) return;
    }
  }
  Call(fd, id, POLLHUP);
}

/** False if libqb does not poll this file descriptor any more. */
bool Poller::Call(int fd, uint64_t id, int revents) {
  before_();
  const Poll* poll = Find(fd, id);
  if (poll == nullptr) return false;
  // A request comes with a byte, and libqb waits for as many bytes as it took requests: without limit, for a
  // client that leaves one out. At the end of the stream it waits for nothing.
  const int pending = Pending(fd);
  budget_ = pending > 0 ? pending : INT_MAX;
  depth_++;
  const int result = poll->fn(fd, revents, poll->data);
  depth_--;
  if (Find(fd, id) == nullptr) return false;
  if (result >= 0) return true;
  Del(fd);
  return false;
}

Poller::Poll* Poller::Find(int fd, uint64_t id) {
  const auto found = polls_.find(fd);
  return found != polls_.end() && found->second->id == id ? found->second : nullptr;
}

}  // namespace coterie
