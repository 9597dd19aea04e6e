#include "server.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace coterie {

namespace {

/** Milliseconds until a full ring of events is tried again. */
constexpr uint64_t kRetry = 1;
/** Milliseconds that a program has for its handshake. */
constexpr uint64_t kHandshake = 5000;
constexpr int kMaxHandshakes = 256;
/** So much of what corosync's clients ask for is what every ring has room for. */
constexpr uint32_t kBufferSize = 1024 * 1024;
/** Unread bytes from which on the router counts a peer as behind (BEHIND of the SDK). */
constexpr uint32_t kBehind = 1024 * 1024;
constexpr size_t kRequestHeader = 16;

template <typename Handle>
Handle* NewHandle(OpenHandles* handles) {
  handles->count++;
  return new Handle();
}

template <typename Handle>
void CloseHandle(Handle* handle, OpenHandles* handles) {
  handle->data = handles;
  uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* closed) {
    auto* open = static_cast<OpenHandles*>(closed->data);
    delete reinterpret_cast<Handle*>(closed);
    open->Closed();
  });
}

/** Does another process have this name? libqb closes a file descriptor twice when it finds out itself. */
bool Taken(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path + 1, name.data(), std::min(name.size(), sizeof address.sun_path - 1));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool taken =
      bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno == EADDRINUSE;
  close(fd);
  return taken;
}

}  // namespace

thread_local Server* Server::current_ = nullptr;

Server::Server(const Libqb* qb, uv_loop_t* loop, OpenHandles* handles, Host host)
    : qb_(qb),
      loop_(loop),
      handles_(handles),
      host_(std::move(host)),
      poller_(loop, handles,
              [this] {
                if (inbox_size_ - filled_ < kInboxMargin) HandOver();
                current_ = this;
              }),
      check_(NewHandle<uv_check_t>(handles)),
      retry_(NewHandle<uv_timer_t>(handles)),
      handshakes_(NewHandle<uv_timer_t>(handles)) {
  // Once a turn, after all that was ready: everything that came in crosses into JavaScript together.
  uv_check_init(loop, check_);
  check_->data = this;
  uv_check_start(check_, [](uv_check_t* handle) { static_cast<Server*>(handle->data)->HandOver(); });
  uv_unref(reinterpret_cast<uv_handle_t*>(check_));
  uv_timer_init(loop, retry_);
  retry_->data = this;
  uv_timer_init(loop, handshakes_);
  handshakes_->data = this;
}

Server::~Server() { Stop(); }

void Server::SetMemory(uint8_t* inbox, uint32_t size, uint32_t* waiting) {
  inbox_ = inbox;
  inbox_size_ = size;
  waiting_ = waiting;
}

int Server::Serve(const std::string& name, int service, bool sockets) {
  if (Taken(name)) return -EADDRINUSE;
  qb_ipcs_service_handlers handlers = {OnAccept, OnCreated, OnRequest, OnClosed, OnDestroyed};
  // Without job_add: connection_closed never asks to be called again.
  qb_ipcs_poll_handlers polls = {
      nullptr, DispatchAdd,
      [](qb_loop_priority, int32_t fd, int32_t events, void* data, qb_ipcs_dispatch_fn_t fn) {
        return current_->poller_.Mod(fd, events, data, fn);
      },
      [](int32_t fd) { return current_->poller_.Del(fd); }};
  current_ = this;
  qb_ipcs_service_t* handle =
      qb_->create(name.c_str(), service, sockets ? QB_IPC_SOCKET : QB_IPC_NATIVE, &handlers);
  if (handle == nullptr) return -ENOMEM;
  qb_->enforce_buffer_size(handle, kBufferSize);
  qb_->poll_handlers_set(handle, &polls);
  // What libqb understands by fast is up to 50 requests of a connection a turn, instead of 5.
  qb_->request_rate_limit(handle, QB_IPCS_RATE_FAST);
  serving_ = true;
  const int error = qb_->run(handle);
  serving_ = false;
  if (error == 0) services_.push_back({name, service, handle});
  return error;
}

void Server::Stop() {
  if (!running_) return;
  running_ = false;
  current_ = this;
  for (Service& service : services_) qb_->destroy(service.handle);
  poller_.EndHandshakes(UINT64_MAX);
  services_.clear();
  CloseHandle(check_, handles_);
  CloseHandle(retry_, handles_);
  CloseHandle(handshakes_, handles_);
}

int32_t Server::DispatchAdd(qb_loop_priority, int32_t fd, int32_t events, void* data,
                            qb_ipcs_dispatch_fn_t fn) {
  Server* server = current_;
  Slot* slot = server->accepting_;
  if (server->serving_) return server->poller_.Add(Poller::Use::kListener, fd, events, data, fn);
  if (slot != nullptr && slot->connection == data) {
    slot->fds.push_back(fd);
    return server->poller_.Add(Poller::Use::kConnection, fd, events, data, fn);
  }
  if (server->poller_.handshakes() >= kMaxHandshakes) return -EMFILE;
  const int error = server->poller_.Add(Poller::Use::kHandshake, fd, events, data, fn);
  if (error == 0) server->WatchHandshakes();
  return error;
}

int32_t Server::OnAccept(qb_ipcs_connection_t* connection, uid_t uid, gid_t gid) {
  return current_->Accept(connection, uid, gid);
}

int32_t Server::Accept(qb_ipcs_connection_t* connection, uid_t uid, gid_t gid) {
  if (!running_) return -ESHUTDOWN;
  // It decides over the size of files that are allocated as a whole.
  if (qb_->connection_get_buffer_size(connection) > static_cast<int32_t>(kMaxFrame) ||
      qb_->connection_get_buffer_size(connection) <= 0) {
    return -EMSGSIZE;
  }
  Slot* slot = FreeSlot();
  if (slot == nullptr) return -ENOMEM;
  qb_ipcs_connection_stats stats{};
  qb_->connection_stats_get(connection, &stats, 0);
  const int service = qb_->service_id_get(connection);
  for (const Service& each : services_) {
    if (each.number == service) slot->service = each.name.c_str();
  }
  slot->connection = connection;
  slot->pid = stats.client_pid;
  slot->uid = uid;
  const int error = host_.accept(service, slot->index, slot->pid, uid, gid);
  if (error != 0) {
    slots_[slot->index].reset();
    return -error;
  }
  qb_->context_set(connection, slot);
  accepting_ = slot;
  return 0;
}

void Server::OnCreated(qb_ipcs_connection_t* connection) {
  Server* server = current_;
  server->accepting_ = nullptr;
  Slot* slot = server->SlotOf(connection);
  if (slot != nullptr) server->Append(slot->index, kOpened, 0, nullptr, 0);
}

int32_t Server::OnRequest(qb_ipcs_connection_t* connection, void* data, size_t size) {
  Slot* slot = current_->SlotOf(connection);
  return slot == nullptr || slot->released || slot->ending ? -ESHUTDOWN : current_->Take(slot, data, size);
}

/**
 * `size` is what the client has written into its header. The request lies in a ring that is mapped twice and is
 * longer than the largest message of the connection, so up to that many bytes are memory of this connection.
 * A negative result stops libqb from taking further requests in this call; this one is taken in any case.
 */
int32_t Server::Take(Slot* slot, const void* data, size_t size) {
  const auto largest = static_cast<size_t>(qb_->connection_get_buffer_size(slot->connection));
  if (size < kRequestHeader || size > largest || size > kMaxFrame) {
    End(slot, kBadSize);
    return -EINVAL;
  }
  Append(slot->index, kRequest, 0, data, static_cast<uint32_t>(size));
  // What was copied is what was checked: the client can still write to the original.
  const auto checked = static_cast<int32_t>(size);
  memcpy(inbox_ + filled_ - ((size + 7) & ~size_t{7}) + 8, &checked, sizeof checked);
  poller_.Spend();
  return poller_.budget() <= 0 || inbox_size_ - filled_ < kInboxMargin ? -EAGAIN : 0;
}

int32_t Server::OnClosed(qb_ipcs_connection_t* connection) {
  current_->Gone(connection);
  return 0;
}

/** Comes without OnClosed if the connection could not be made after it had been accepted. */
void Server::OnDestroyed(qb_ipcs_connection_t* connection) { current_->Gone(connection); }

void Server::Gone(qb_ipcs_connection_t* connection) {
  Slot* slot = SlotOf(connection);
  if (slot == nullptr) return;
  qb_->context_set(connection, nullptr);
  if (accepting_ == slot) accepting_ = nullptr;
  slot->connection = nullptr;
  if (!slot->released && !slot->ending) Append(slot->index, kClosed, kGone, nullptr, 0);
  FreeIfDone(slot);
}

Server::Slot* Server::SlotOf(qb_ipcs_connection_t* connection) {
  return static_cast<Slot*>(qb_->context_get(connection));
}

Server::Slot* Server::FreeSlot() {
  for (uint32_t i = 0; i < kSlots; i++) {
    const uint32_t index = (next_slot_ + i) % kSlots;
    if (slots_[index]) continue;
    next_slot_ = index + 1;
    slots_[index] = std::make_unique<Slot>();
    slots_[index]->index = index;
    waiting_[index] = 0;
    return slots_[index].get();
  }
  return nullptr;
}

void Server::Append(uint32_t slot, Kind kind, uint32_t detail, const void* data, uint32_t length) {
  const uint32_t padded = (length + 7) & ~7u;
  if (!running_ || inbox_size_ - filled_ < kRecordHeader + padded) return;
  const uint32_t header[] = {slot, kind, length, detail};
  memcpy(inbox_ + filled_, header, sizeof header);
  if (length > 0) memcpy(inbox_ + filled_ + kRecordHeader, data, length);
  filled_ += kRecordHeader + padded;
}

void Server::HandOver() {
  if (poller_.depth() > 0) return;
  for (EndAll(); filled_ > 0 && running_; EndAll()) {
    host_.records(filled_);
    filled_ = 0;
  }
}

/** Takes a connection down, as soon as that can be, and tells JavaScript. */
void Server::End(Slot* slot, Ending ending) {
  if (slot->ending) return;
  slot->ending = true;
  ending_.emplace_back(slot, ending);
}

void Server::EndAll() {
  if (poller_.depth() > 0) return;
  current_ = this;
  std::vector<std::pair<Slot*, Ending>> ending;
  ending.swap(ending_);
  for (const auto& [slot, why] : ending) {
    if (!slot->released) Append(slot->index, kClosed, why, nullptr, 0);
    slot->ending = false;
    qb_ipcs_connection_t* connection = slot->connection;
    if (connection != nullptr) {
      slot->connection = nullptr;
      qb_->context_set(connection, nullptr);
      qb_->disconnect(connection);
    }
    FreeIfDone(slot);
  }
}

void Server::FreeIfDone(Slot* slot) {
  if (slot->connection != nullptr || !slot->released || slot->ending) return;
  queued_.erase(slot->index);
  slots_[slot->index].reset();
}

void Server::Release(uint32_t index) {
  if (index >= kSlots || !slots_[index] || slots_[index]->released) return;
  Slot* slot = slots_[index].get();
  slot->released = true;
  if (slot->connection == nullptr) return FreeIfDone(slot);
  End(slot, kGone);
  EndAll();
}

void Server::Hold(uint32_t index, enum Hold hold) {
  if (index >= kSlots || !slots_[index] || slots_[index]->connection == nullptr) return;
  Slot* slot = slots_[index].get();
  slot->flow.Set(hold != Hold::kNone, slot->service, slot->pid, slot->uid, slot->fds);
  for (const int fd : slot->fds) poller_.SetReading(fd, hold != Hold::kNotRead);
}

void Server::Send(const uint8_t* records, uint32_t length) {
  current_ = this;
  for (uint32_t at = 0; at + kRecordHeader <= length;) {
    uint32_t header[4];
    memcpy(header, records + at, sizeof header);
    const auto [index, kind, size, detail] = header;
    (void)detail;
    at += kRecordHeader;
    if (size > length - at) return;
    if (index < kSlots && slots_[index]) {
      Slot* slot = slots_[index].get();
      auto& queue = kind == kEvent ? slot->events : slot->responses;
      if (!queue.empty() || !Deliver(slot, static_cast<Kind>(kind), records + at, size)) {
        queue.emplace_back(records + at, records + at + size);
        waiting_[index] += size;
        queued_.insert(index);
      }
    }
    at += (size + 7) & ~7u;
  }
  RetrySoon();
}

/** False if there is no room for it now. */
bool Server::Deliver(Slot* slot, Kind kind, const uint8_t* data, uint32_t size) {
  if (slot->connection == nullptr || slot->ending) return true;
  const ssize_t sent = kind == kEvent ? qb_->event_send(slot->connection, data, size)
                                      : qb_->response_send(slot->connection, data, size);
  if (sent == -EAGAIN || sent == -ETIMEDOUT) return false;
  if (sent == -EMSGSIZE) End(slot, kUndeliverable);
  // After any other error the client is gone: the poller is about to say so.
  return true;
}

void Server::Retry(Slot* slot) {
  const bool was_behind = waiting_[slot->index] >= kBehind;
  const auto drain = [&](auto& queue, Kind kind) {
    while (!queue.empty() && Deliver(slot, kind, queue.front().data(), queue.front().size())) {
      waiting_[slot->index] -= queue.front().size();
      queue.pop_front();
    }
  };
  drain(slot->responses, kResponse);
  drain(slot->events, kEvent);
  if (slot->responses.empty() && slot->events.empty()) queued_.erase(slot->index);
  if (was_behind && waiting_[slot->index] < kBehind && !slot->released) {
    Append(slot->index, kCaughtUp, 0, nullptr, 0);
  }
}

void Server::RetryAll() {
  current_ = this;
  const std::vector<uint32_t> queued(queued_.begin(), queued_.end());
  for (const uint32_t index : queued) Retry(slots_[index].get());
  HandOver();
  RetrySoon();
}

void Server::RetrySoon() {
  if (!running_ || (queued_.empty() && ending_.empty()) || uv_is_active(reinterpret_cast<uv_handle_t*>(retry_))) {
    return;
  }
  uv_timer_start(
      retry_, [](uv_timer_t* handle) { static_cast<Server*>(handle->data)->RetryAll(); }, kRetry, 0);
}

void Server::WatchHandshakes() {
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(handshakes_))) return;
  const uint64_t age = uv_now(loop_) - poller_.OldestHandshake();
  uv_timer_start(
      handshakes_,
      [](uv_timer_t* handle) {
        auto* server = static_cast<Server*>(handle->data);
        server->poller_.EndHandshakes(uv_now(server->loop_) - kHandshake);
        if (server->running_ && server->poller_.handshakes() > 0) server->WatchHandshakes();
      },
      kHandshake - std::min(age, kHandshake), 0);
}

}  // namespace coterie
