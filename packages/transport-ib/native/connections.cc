#include "connections.h"

#include <arpa/inet.h>
#include <fcntl.h>

#include <cerrno>
#include <cstring>

namespace coterie {

namespace {

/** Events handled in one turn of the loop. */
constexpr int kEventsPerRead = 32;
constexpr uint32_t kMagic = 0x436f7431;
/** As many as both address families leave room for is not known; more than this is nobody's. */
constexpr int kBacklog = 128;

struct HelloWire {
  uint32_t magic;
  uint32_t node;
  uint32_t queue_pair;
  uint32_t mtu;
};

HelloWire Encode(const Hello& hello) {
  return {htonl(kMagic), htonl(hello.node), htonl(hello.queue_pair), htonl(hello.mtu)};
}

bool Decode(const void* data, size_t length, Hello* out) {
  HelloWire wire;
  if (data == nullptr || length < sizeof wire) return false;
  std::memcpy(&wire, data, sizeof wire);
  if (ntohl(wire.magic) != kMagic) return false;
  *out = {ntohl(wire.node), ntohl(wire.queue_pair), ntohl(wire.mtu)};
  return true;
}

void SetPort(Address* address, uint16_t port) {
  // sin_port and sin6_port lie at the same place.
  reinterpret_cast<sockaddr_in*>(&address->storage)->sin_port = htons(port);
}

}  // namespace

Connections::Connections(const Rdma& rdma, ConnectionEvents* events)
    : rdma_(rdma), events_(events), channel_(rdma.rdma_create_event_channel()) {
  if (channel_ != nullptr) fcntl(channel_->fd, F_SETFL, fcntl(channel_->fd, F_GETFL) | O_NONBLOCK);
}

Connections::~Connections() {
  for (const auto& [path, attempt] : attempts_) rdma_.rdma_destroy_id(attempt->id);
  if (listener_ != nullptr) rdma_.rdma_destroy_id(listener_);
  if (bound_ != nullptr) rdma_.rdma_destroy_id(bound_);
  if (channel_ != nullptr) rdma_.rdma_destroy_event_channel(channel_);
}

int Connections::Bind(const Address& own, std::string* call) {
  *call = "rdma_create_event_channel";
  if (channel_ == nullptr) return errno;
  own_ = own;
  SetPort(&own_, 0);
  *call = "rdma_create_id";
  if (rdma_.rdma_create_id(channel_, &bound_, nullptr, RDMA_PS_UDP) != 0) return errno;
  *call = "rdma_bind_addr";
  if (rdma_.rdma_bind_addr(bound_, own_.get()) != 0) return errno;
  // Not bound to one: the address belongs to an interface without RDMA.
  return bound_->verbs == nullptr ? ENODEV : 0;
}

int Connections::Listen(Address own, const Hello& hello) {
  hello_ = hello;
  if (rdma_.rdma_create_id(channel_, &listener_, nullptr, RDMA_PS_UDP) != 0) return errno;
  if (rdma_.rdma_bind_addr(listener_, own.get()) != 0) return errno;
  return rdma_.rdma_listen(listener_, kBacklog) == 0 ? 0 : errno;
}

int Connections::Join(Address group) {
  return rdma_.rdma_join_multicast(bound_, group.get(), nullptr) == 0 ? 0 : errno;
}

int Connections::Connect(uint32_t path, Address peer, int timeout_ms) {
  Cancel(path);
  auto attempt = std::make_unique<Attempt>();
  attempt->path = path;
  if (rdma_.rdma_create_id(channel_, &attempt->id, attempt.get(), RDMA_PS_UDP) != 0) return errno;
  // Without the own address a peer on this machine would be reached around the network.
  if (rdma_.rdma_resolve_addr(attempt->id, own_.get(), peer.get(), timeout_ms) != 0) {
    const int error = errno;
    rdma_.rdma_destroy_id(attempt->id);
    return error;
  }
  attempts_[path] = std::move(attempt);
  return 0;
}

void Connections::Cancel(uint32_t path) {
  const auto found = attempts_.find(path);
  if (found == attempts_.end()) return;
  rdma_.rdma_destroy_id(found->second->id);
  attempts_.erase(found);
}

void Connections::Read() {
  rdma_cm_event* raw = nullptr;
  for (int i = 0; i < kEventsPerRead && !stopped_ && rdma_.rdma_get_cm_event(channel_, &raw) == 0; i++) {
    Event event{raw->event, raw->id, raw->status, raw->param.ud, {}, false};
    event.hello_valid = Decode(raw->param.ud.private_data, raw->param.ud.private_data_len, &event.hello);
    // An identifier cannot be destroyed while an event of it is unacknowledged.
    rdma_.rdma_ack_cm_event(raw);
    Handle(event);
  }
}

void Connections::Handle(const Event& event) {
  switch (event.type) {
    case RDMA_CM_EVENT_CONNECT_REQUEST:
      return Answer(event);
    case RDMA_CM_EVENT_MULTICAST_JOIN:
      return events_->Joined(event.peer);
    case RDMA_CM_EVENT_MULTICAST_ERROR:
      return events_->GroupLost(event.status);
    case RDMA_CM_EVENT_DEVICE_REMOVAL:
      return events_->DeviceRemoved();
    case RDMA_CM_EVENT_ADDR_CHANGE:
      if (event.id == bound_) events_->AddressChanged();
      return;
    default:
      break;
  }
  if (event.id == bound_ || event.id == listener_) return;
  Proceed(event, static_cast<Attempt*>(event.id->context)->path);
}

void Connections::Answer(const Event& event) {
  const bool welcome = event.hello_valid && events_->Requested(TextOf(&event.id->route.addr.dst_addr), event.hello);
  if (welcome) {
    const HelloWire hello = Encode(hello_);
    rdma_conn_param answer{};
    answer.private_data = &hello;
    answer.private_data_len = sizeof hello;
    answer.qp_num = hello_.queue_pair;
    rdma_.rdma_accept(event.id, &answer);
  } else {
    rdma_.rdma_reject(event.id, nullptr, 0);
  }
  rdma_.rdma_destroy_id(event.id);
}

void Connections::Proceed(const Event& event, uint32_t path) {
  switch (event.type) {
    case RDMA_CM_EVENT_ADDR_RESOLVED:
      if (rdma_.rdma_resolve_route(event.id, 2000) != 0) Fail(path, "rdma_resolve_route", errno);
      return;
    case RDMA_CM_EVENT_ROUTE_RESOLVED: {
      const HelloWire hello = Encode(hello_);
      rdma_conn_param ask{};
      ask.private_data = &hello;
      ask.private_data_len = sizeof hello;
      ask.qp_num = hello_.queue_pair;
      if (rdma_.rdma_connect(event.id, &ask) != 0) Fail(path, "rdma_connect", errno);
      return;
    }
    case RDMA_CM_EVENT_ESTABLISHED:
      if (!event.hello_valid) return Fail(path, "hello", EPROTO);
      Cancel(path);
      return events_->Established(path, event.peer, event.hello);
    case RDMA_CM_EVENT_ADDR_ERROR:
      return Fail(path, "address", -event.status);
    case RDMA_CM_EVENT_ROUTE_ERROR:
      return Fail(path, "route", -event.status);
    case RDMA_CM_EVENT_CONNECT_ERROR:
    case RDMA_CM_EVENT_REJECTED:
    case RDMA_CM_EVENT_UNREACHABLE:
      return Fail(path, "connect", event.status < 0 ? -event.status : ECONNREFUSED);
    default:
      return;
  }
}

void Connections::Fail(uint32_t path, const char* step, int status) {
  Cancel(path);
  events_->PathFailed(path, step, status);
}

}  // namespace coterie
