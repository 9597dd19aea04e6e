#include "endpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "devices.h"

namespace coterie {

namespace {
/** ENOTSUPP, which only the kernel has a name for. */
constexpr int kNotSupported = 524;
}  // namespace

/**
 * librdmacm keeps its context of a device until it meets one that it does not know, while drivers that cannot take it
 * away, soft-RoCE for one, do not let the device go before. So the files behind the context are closed, and harmless
 * ones stand in for them until librdmacm closes these.
 */
static void LeaveDevice(const ibv_context* context) {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return;
  dup3(nothing, context->cmd_fd, O_CLOEXEC);
  dup3(nothing, context->async_fd, O_CLOEXEC);
  ::close(nothing);
}

class Endpoint::Entered {
 public:
  explicit Entered(Endpoint* endpoint)
      : endpoint_(endpoint), scope_(endpoint->Env()), self_(endpoint->Value()) {
    endpoint_->entered_++;
  }
  ~Entered() {
    if (--endpoint_->entered_ == 0 && !endpoint_->open()) endpoint_->Release();
  }

 private:
  Endpoint* const endpoint_;
  const Napi::HandleScope scope_;
  const Napi::Object self_;
};

Napi::Function Endpoint::Define(Napi::Env env) {
  return DefineClass(env, "Endpoint",
                     {
                         InstanceMethod<&Endpoint::Post>("post"),
                         InstanceMethod<&Endpoint::Send>("send"),
                         InstanceMethod<&Endpoint::Join>("join"),
                         InstanceMethod<&Endpoint::Connect>("connect"),
                         InstanceMethod<&Endpoint::Cancel>("cancel"),
                         InstanceMethod<&Endpoint::SetSources>("setSources"),
                         InstanceMethod<&Endpoint::Info>("info"),
                         InstanceMethod<&Endpoint::Resources>("resources"),
                         InstanceMethod<&Endpoint::Close>("close"),
                     });
}

Endpoint::Endpoint(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Endpoint>(info) {
  const Napi::Env env = info.Env();
  std::string reason;
  rdma_ = LoadRdma(&reason);
  if (rdma_ == nullptr) {
    ThrowNoLibrary(env, reason);
    return;
  }
  Open(env, info[0].As<Napi::Object>());
  if (!open()) Release();
}

Endpoint::~Endpoint() {
  CloseNow();
  Release();
}

void Endpoint::Open(Napi::Env env, const Napi::Object& options) {
  const uint32_t port = options.Get("port").ToNumber();
  if (!ParseAddress(options.Get("address").ToString(), port, &own_)) {
    return ThrowSystemError(env, EINVAL, "address");
  }
  connections_.reset(new Connections(*rdma_, this));  // a private base: make_unique cannot
  std::string call;
  if (const int error = connections_->Bind(own_, &call)) return ThrowSystemError(env, error, call);
  rdma_cm_id* const id = connections_->bound();
  if (!QueryPort(*rdma_, id->verbs, id->port_num, &port_)) return ThrowSystemError(env, errno, "ibv_query_port");
  const uint32_t datagram = BytesOf(port_.active_mtu);
  const QueuePair::Options wanted = {options.Get("receives").ToNumber(), options.Get("sends").ToNumber(),
                                     options.Get("regions").ToNumber().Uint32Value(), datagram};
  pair_ = std::make_unique<QueuePair>(*rdma_, id, wanted);
  if (pair_->error() != 0) return ThrowSystemError(env, pair_->error(), pair_->call());
  if (!WatchDevice()) return ThrowSystemError(env, errno, "ibv_open_device");
  const Hello hello = {options.Get("node").ToNumber(), pair_->number(), datagram};
  if (const int error = connections_->Listen(own_, hello)) return ThrowSystemError(env, error, "rdma_listen");
  KeepArrays(options);
  events_ = Napi::Persistent(options.Get("events").As<Napi::Object>());
  context_ = std::make_unique<Napi::AsyncContext>(env, "coterie:ib");
  handles_ = LoopHandles::Start(env, this, connections_->fd(), pair_->fd(), device_->async_fd);
  Ref();  // an open endpoint is not garbage
}

bool Endpoint::WatchDevice() {
  device_ = rdma_->ibv_open_device(connections_->bound()->verbs->device);
  if (device_ == nullptr) return false;
  fcntl(device_->async_fd, F_SETFL, fcntl(device_->async_fd, F_GETFL) | O_NONBLOCK);
  return true;
}

void Endpoint::KeepArrays(const Napi::Object& options) {
  kept_.push_back(Napi::Persistent(options.Get("counters").As<Napi::Object>()));
  counters_ = options.Get("counters").As<Napi::Float64Array>().Data();
  const Napi::Object queue = options.Get("queue").As<Napi::Object>();
  queue_buffers_ = Keep(queue.Get("buffers"));
  queue_offsets_ = Keep(queue.Get("offsets"));
  queue_lengths_ = Keep(queue.Get("lengths"));
  queue_targets_ = Keep(queue.Get("targets"));
  packets_.resize(queue.Get("buffers").As<Napi::Uint32Array>().ElementLength());
  const Napi::Object inbox = options.Get("inbox").As<Napi::Object>();
  inbox_offsets_ = Keep(inbox.Get("offsets"));
  inbox_lengths_ = Keep(inbox.Get("lengths"));
  inbox_size_ = static_cast<uint32_t>(inbox.Get("offsets").As<Napi::Uint32Array>().ElementLength());
}

/** Keeps an array that C++ points into. */
uint32_t* Endpoint::Keep(const Napi::Value& array) {
  kept_.push_back(Napi::Persistent(array.As<Napi::Object>()));
  return array.As<Napi::Uint32Array>().Data();
}

/** post(slab, bytes): the buffers of a slab are the device's until `completions` has said that it is exhausted. */
void Endpoint::Post(const Napi::CallbackInfo& info) {
  if (!open()) return;
  Napi::Uint8Array bytes = info[1].As<Napi::Uint8Array>();
  const auto reference = std::make_shared<Napi::ObjectReference>(Napi::Persistent(bytes.As<Napi::Object>()));
  const int error =
      pair_->receives().Post(info[0].ToNumber(), bytes.Data(), bytes.ByteLength(), std::static_pointer_cast<void>(reference));
  if (error != 0) ThrowSystemError(info.Env(), error, "ibv_reg_mr");
}

/**
 * send(count, memory): packet i of the queue lies in `memory[queue.buffers[i]]`, which must stay as it is until
 * `completions` has said that the number this returns has been sent.
 */
Napi::Value Endpoint::Send(const Napi::CallbackInfo& info) {
  const uint32_t count = std::min(info[0].ToNumber().Uint32Value(), static_cast<uint32_t>(packets_.size()));
  const Napi::Array memory = info[1].As<Napi::Array>();
  if (!open()) return Number(0);
  SendQueue& sends = pair_->sends();
  const uint32_t longest = BytesOf(port_.active_mtu);
  uint32_t index = 0xffffffff;
  Region* region = nullptr;
  uint32_t ready = 0;
  double bytes = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (queue_buffers_[i] != index) {
      index = queue_buffers_[i];
      const Napi::Value value = memory.Get(index);
      Napi::Uint8Array block = value.As<Napi::Uint8Array>();
      region = sends.RegionOf(block.Data(), block.ByteLength(), [&] {
        return std::make_shared<Napi::ObjectReference>(Napi::Persistent(value.As<Napi::Object>()));
      });
      if (region != nullptr) {
        region->in_use++;
        held_.push_back(region);
      }
    }
    const Destinations::Destination* to = pair_->destinations().Find(queue_targets_[i]);
    if (region == nullptr) {
      counters_[kTxMemory]++;
    } else if (queue_lengths_[i] > longest) {
      counters_[kTxTooLong]++;
    } else if (to == nullptr || size_t{queue_offsets_[i]} + queue_lengths_[i] > region->size()) {
      counters_[kTxErrors]++;
    } else {
      packets_[ready++] = {region, region->base() + queue_offsets_[i], queue_lengths_[i], to};
      bytes += queue_lengths_[i];
    }
  }
  const uint32_t posted = sends.Post(packets_.data(), ready);
  const int error = errno;
  for (Region* each : held_) each->in_use--;
  held_.clear();
  for (uint32_t i = posted; i < ready; i++) bytes -= packets_[i].length;
  counters_[kTxPackets] += posted;
  counters_[kTxBytes] += bytes;
  counters_[error == ENOBUFS || error == ENOMEM ? kTxFull : kTxErrors] += ready - posted;
  return Number(static_cast<double>(sends.posted()));
}

void Endpoint::Join(const Napi::CallbackInfo& info) {
  Address group;
  if (!open()) return;
  if (!ParseAddress(info[0].ToString(), 0, &group)) return ThrowSystemError(info.Env(), EINVAL, "group");
  int error = connections_->Join(group);
  if (error == kNotSupported) {
    direct_group_ = std::make_unique<DirectGroup>(*rdma_, connections_->bound());
    error = direct_group_->Join(own_, group);
    joined_ = error == 0;
    handles_->Again();
  }
  if (error != 0) ThrowSystemError(info.Env(), error, "rdma_join_multicast");
}

/** connect(path, address, port, milliseconds): 0, or the errno why not even an attempt can be made. */
Napi::Value Endpoint::Connect(const Napi::CallbackInfo& info) {
  Address peer;
  if (!open()) return Number(EBADF);
  if (!ParseAddress(info[1].ToString(), info[2].ToNumber(), &peer)) return Number(EINVAL);
  return Number(connections_->Connect(info[0].ToNumber(), peer, info[3].ToNumber()));
}

void Endpoint::Cancel(const Napi::CallbackInfo& info) {
  if (open()) connections_->Cancel(info[0].ToNumber());
}

/** setSources(addresses | undefined): whose datagrams may pass; undefined: everybody's. */
void Endpoint::SetSources(const Napi::CallbackInfo& info) {
  filtered_ = info[0].IsArray();
  sources_.clear();
  if (!filtered_) return;
  const Napi::Array list = info[0].As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    Address address;
    if (ParseAddress(list.Get(i).ToString(), 0, &address)) sources_.push_back(GidOf(address));
  }
  std::sort(sources_.begin(), sources_.end());
}

Napi::Value Endpoint::Info(const Napi::CallbackInfo& info) {
  const Napi::Object out = Napi::Object::New(info.Env());
  if (!open()) return out;
  out.Set("device", rdma_->ibv_get_device_name(device_->device));
  out.Set("port", Number(connections_->bound()->port_num));
  out.Set("state", StateName(port_.state));
  out.Set("mtu", Number(BytesOf(port_.active_mtu)));
  out.Set("queuePair", Number(pair_->number()));
  return out;
}

/** What is in use now, for tests and soaks. */
Napi::Value Endpoint::Resources(const Napi::CallbackInfo& info) {
  const Napi::Object out = Napi::Object::New(info.Env());
  if (!open()) return out;
  out.Set("sendRegions", Number(static_cast<double>(pair_->sends().regions())));
  out.Set("sendsUnderWay", Number(static_cast<double>(pair_->sends().posted() - pair_->sends().completed())));
  return out;
}

void Endpoint::ConnectionsReadable() {
  const Entered entered(this);
  connections_->Read();
}

void Endpoint::CompletionsReadable() {
  const Entered entered(this);
  pair_->Rearm();
  Batch();
}

void Endpoint::NextTurn() {
  const Entered entered(this);
  if (joined_) {
    joined_ = false;
    Joined(direct_group_->destination());
  }
  if (open()) Batch();
}

void Endpoint::DeviceReadable() {
  const Entered entered(this);
  ibv_async_event event;
  while (open() && rdma_->ibv_get_async_event(device_, &event) == 0) {
    const bool own = event.element.port_num == connections_->bound()->port_num;
    rdma_->ibv_ack_async_event(&event);
    if (event.event_type == IBV_EVENT_DEVICE_FATAL) Trouble("device_failed", 0);
    if (!own) continue;
    if (event.event_type == IBV_EVENT_PORT_ERR) Trouble("port_down", 0);
    // The subnet manager has lost its account of the groups.
    if (event.event_type == IBV_EVENT_CLIENT_REREGISTER) Trouble("group_lost", 0);
    if (event.event_type == IBV_EVENT_GID_CHANGE && !HasAddress()) Trouble("address_gone", 0);
  }
}

/** Is the GID that stands for the own address still where it was? True as long as it is not known. */
bool Endpoint::HasAddress() {
  ibv_gid now;
  rdma_cm_id* const id = connections_->bound();
  return gid_index_ < 0 || (rdma_->ibv_query_gid(id->verbs, id->port_num, gid_index_, &now) == 0 && GidOf(now) == gid_);
}

/**
 * Takes a bounded number of completions. More of them wait for the next turn of the loop: a handler that went on would
 * keep tokens waiting and, as buffers are given back by JavaScript, run out of these.
 */
void Endpoint::Batch() {
  ibv_wc completions[kBatch];
  const int count = pair_->Poll(completions, kBatch);
  if (count < 0) return Trouble("queue_pair_failed", count);
  for (int i = 0; i < count && open(); i++) Completed(completions[i]);
  if (!open()) return;
  pair_->destinations().Completed(pair_->sends().completed());
  if (count_ > 0 || told_completed_ != pair_->sends().completed()) HandOver(false);
  if (open() && count == kBatch) handles_->Again();
}

void Endpoint::Completed(const ibv_wc& completion) {
  const bool good = completion.status == IBV_WC_SUCCESS;
  if (completion.wr_id & kReceive) {
    ReceiveQueue::Arrival arrival;
    if (!pair_->receives().Take(completion.wr_id, &arrival)) return;
    if (!good && completion.status != IBV_WC_WR_FLUSH_ERR) counters_[kRxErrors]++;
    if (count_ > 0 && arrival.slab != slab_) HandOver(false);
    if (!open()) return;
    slab_ = arrival.slab;
    if (good) Received(completion, arrival);
    if (arrival.exhausted || count_ == inbox_size_) HandOver(arrival.exhausted);
  } else {
    pair_->sends().Complete(completion.wr_id);
    if (!good) counters_[kTxErrors]++;
  }
  if (!good && open()) Trouble("queue_pair_failed", completion.status);
}

void Endpoint::Received(const ibv_wc& completion, const ReceiveQueue::Arrival& arrival) {
  if (completion.byte_len <= kRouteHeader) {
    counters_[kRxShort]++;
    return;
  }
  if ((completion.wc_flags & IBV_WC_GRH) && !MayPass(arrival.base + arrival.offset, completion)) return;
  const uint32_t length = completion.byte_len - kRouteHeader;
  inbox_offsets_[count_] = arrival.offset + kRouteHeader;
  inbox_lengths_[count_] = length;
  count_++;
  counters_[kRxPackets]++;
  counters_[kRxBytes] += length;
}

bool Endpoint::MayPass(const uint8_t* header, const ibv_wc& completion) {
  const Gid source = SourceOf(header);
  // The group brings a copy of what was sent to it from here.
  if (completion.src_qp == pair_->number() && source == gid_) {
    counters_[kRxOwn]++;
    return false;
  }
  if (filtered_ && !std::binary_search(sources_.begin(), sources_.end(), source)) {
    counters_[kRxUnlisted]++;
    return false;
  }
  return true;
}

/** Gives JavaScript what has been received, and says what has been sent. */
void Endpoint::HandOver(bool exhausted) {
  const uint32_t count = count_;
  count_ = 0;
  told_completed_ = pair_->sends().completed();
  Emit("completions", {Number(static_cast<double>(told_completed_)), Number(slab_), Number(count),
                       Napi::Boolean::New(Env(), exhausted)});
}

Napi::Value Endpoint::Emit(const char* name, const std::vector<napi_value>& arguments) {
  const Napi::Env env = Env();
  const Napi::Object target = events_.Value();
  const Napi::Value result =
      target.Get(name).As<Napi::Function>().MakeCallback(target, arguments, *context_);
  if (!env.IsExceptionPending()) return result;
  napi_fatal_exception(env, env.GetAndClearPendingException().Value());
  return env.Undefined();
}

/** The endpoint is of no use any more; said once. */
void Endpoint::Trouble(const char* reason, int status) {
  if (failed_) return;
  failed_ = true;
  Emit("failed", {Text(reason), Number(status)});
}

void Endpoint::Joined(const rdma_ud_param& group) {
  ibv_gid own;
  rdma_cm_id* const id = connections_->bound();
  gid_index_ = group.ah_attr.grh.sgid_index;
  if (rdma_->ibv_query_gid(id->verbs, id->port_num, gid_index_, &own) == 0) gid_ = GidOf(own);
  attached_ = direct_group_ == nullptr;
  group_ = group.ah_attr.grh.dgid;
  group_lid_ = group.ah_attr.dlid;
  ibv_ah* const handle = pair_->NewHandle(group.ah_attr);
  if (handle == nullptr) return Trouble("group_lost", errno);
  pair_->destinations().Set(0, {handle, group.qp_num, group.qkey}, pair_->sends().posted());
  Emit("joined", {});
}

void Endpoint::GroupLost(int status) { Trouble("group_lost", status); }

void Endpoint::Established(uint32_t path, const rdma_ud_param& peer, const Hello& hello) {
  ibv_ah* const handle = pair_->NewHandle(peer.ah_attr);
  if (handle == nullptr) return PathFailed(path, "ibv_create_ah", errno);
  pair_->destinations().Set(path, {handle, peer.qp_num, peer.qkey}, pair_->sends().posted());
  Emit("established",
       {Number(path), Text(TextOf(GidOf(peer.ah_attr.grh.dgid))), Number(hello.node), Number(peer.qp_num), Number(hello.mtu)});
}

void Endpoint::PathFailed(uint32_t path, const char* step, int status) {
  Emit("pathFailed", {Number(path), Text(step), Number(status)});
}

bool Endpoint::Requested(const std::string& address, const Hello& hello) {
  return Emit("requested", {Text(address), Number(hello.node), Number(hello.queue_pair)}).ToBoolean();
}

void Endpoint::DeviceRemoved() {
  removed_ = true;
  Trouble("device_removed", 0);
}

void Endpoint::AddressChanged() { Trouble("address_moved", 0); }

void Endpoint::Close(const Napi::CallbackInfo&) {
  if (!open()) return;
  CloseNow();
  Unref();
}

void Endpoint::Ending() { CloseNow(); }

void Endpoint::CloseNow() {
  if (!open()) return;
  connections_->Stop();
  handles_->Close();
  handles_ = nullptr;
  // The caller may use the memory again: the device must have let go of it.
  ReleaseMemory();
  // The rest may be in use by an event handler below on the stack.
  if (entered_ == 0) Release();
}

void Endpoint::ReleaseMemory() {
  // A queue pair that is attached to a group cannot be destroyed; librdmacm would detach it too late.
  if (attached_) rdma_->ibv_detach_mcast(connections_->bound()->qp, &group_, group_lid_);
  attached_ = false;
  direct_group_.reset();
  pair_.reset();
}

void Endpoint::Release() {
  ReleaseMemory();
  if (device_ != nullptr) rdma_->ibv_close_device(device_);
  device_ = nullptr;
  if (removed_ && connections_ != nullptr) LeaveDevice(connections_->bound()->verbs);
  connections_.reset();
}

}  // namespace coterie
