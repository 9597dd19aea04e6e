// The class Socket of src/native-socket.ts: a UDP socket on the event loop whose packets cross into and out of
// JavaScript in batches.
#include <napi.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "open.h"
#include "receiver.h"
#include "sender.h"

#define QUOTE(text) #text
#define QUOTE_VALUE(macro) QUOTE(macro)

namespace coterie {

namespace {

/** drain() reads at most this many times, so that a flood cannot hold the event loop. */
constexpr int kMaxDrainReads = 32;

bool ParseEndpoint(const std::string& address, uint32_t port, Endpoint* out) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out->address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out->address);
  if (port > 65535) return false;
  if (uv_ip4_addr(address.c_str(), static_cast<int>(port), v4) == 0) {
    out->length = sizeof *v4;
  } else if (uv_ip6_addr(address.c_str(), static_cast<int>(port), v6) == 0) {
    out->length = sizeof *v6;
  } else {
    return false;
  }
  return true;
}

/** Reads `{ address, port }`. */
bool ReadEndpoint(const Napi::Value& value, Endpoint* out) {
  if (!value.IsObject()) return false;
  const Napi::Object object = value.As<Napi::Object>();
  const Napi::Value address = object.Get("address");
  const Napi::Value port = object.Get("port");
  return address.IsString() && port.IsNumber() &&
         ParseEndpoint(address.As<Napi::String>(), port.As<Napi::Number>().Uint32Value(), out);
}

void ThrowSystemError(Napi::Env env, int error, const std::string& call) {
  Napi::Error thrown = Napi::Error::New(env, call + " " + uv_err_name(-error));
  thrown.Set("code", Napi::String::New(env, uv_err_name(-error)));
  thrown.Set("syscall", Napi::String::New(env, call));
  thrown.ThrowAsJavaScriptException();
}

}  // namespace

class Socket : public Napi::ObjectWrap<Socket> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Socket",
                       {
                           InstanceMethod<&Socket::SetSlab>("setSlab"),
                           InstanceMethod<&Socket::SetPeers>("setPeers"),
                           InstanceMethod<&Socket::SetSources>("setSources"),
                           InstanceMethod<&Socket::SetOwn>("setOwn"),
                           InstanceMethod<&Socket::SetLoopback>("setLoopback"),
                           InstanceMethod<&Socket::Send>("send"),
                           InstanceMethod<&Socket::Drain>("drain"),
                           InstanceMethod<&Socket::Stranger>("stranger"),
                           InstanceMethod<&Socket::Buffers>("buffers"),
                           InstanceMethod<&Socket::Close>("close"),
                       });
  }

  /**
   * options: bind {address, port}, share, broadcast, buffer, multicast? {interface, ttl, group?}; `counters`
   * Float64Array; queue {buffers, offsets, lengths, targets} Uint32Arrays; inbox? {offsets, lengths, senders};
   * `onBatch(count, slabFull)`.
   */
  explicit Socket(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Socket>(info) {
    const Napi::Env env = info.Env();
    const Napi::Object options = info[0].As<Napi::Object>();
    OpenOptions open;
    if (!ReadOptions(options, &open)) {
      Napi::TypeError::New(env, "not the address of an interface, a group or a port").ThrowAsJavaScriptException();
      return;
    }
    std::string call;
    fd_ = Open(open, &call);
    if (fd_ < 0) {
      ThrowSystemError(env, errno, call);
      return;
    }
    family_ = open.bind.address.ss_family;
    KeepArrays(options, open.receives);
    StartPoll(env);
  }

  ~Socket() override { CloseNow(); }

 private:
  /** The libuv handle lives until the loop has let go of it, which may be after the Socket's end. */
  struct Poll {
    uv_poll_t handle;
    Socket* owner;
    napi_async_cleanup_hook_handle hook;
  };

  static bool ReadOptions(const Napi::Object& options, OpenOptions* open) {
    if (!ReadEndpoint(options.Get("bind"), &open->bind)) return false;
    open->share = options.Get("share").ToBoolean();
    open->broadcast = options.Get("broadcast").ToBoolean();
    open->receives = options.Get("inbox").IsObject();
    open->buffer = options.Get("buffer").ToNumber().Int32Value();
    if (!options.Get("multicast").IsObject()) return true;
    const Napi::Object multicast = options.Get("multicast").As<Napi::Object>();
    open->ttl = multicast.Get("ttl").ToNumber().Int32Value();
    if (!ParseEndpoint(multicast.Get("interface").ToString(), 0, &open->interface)) return false;
    if (!multicast.Get("group").IsString()) return true;
    return ParseEndpoint(multicast.Get("group").ToString(), 0, &open->group);
  }

  void KeepArrays(const Napi::Object& options, bool receives) {
    counters_ = Keep<Napi::Float64Array>(options.Get("counters"))->Data();
    const Napi::Object queue = options.Get("queue").As<Napi::Object>();
    const auto buffers = Keep<Napi::Uint32Array>(queue.Get("buffers"));
    queue_buffers_ = buffers->Data();
    queue_offsets_ = Keep<Napi::Uint32Array>(queue.Get("offsets"))->Data();
    queue_lengths_ = Keep<Napi::Uint32Array>(queue.Get("lengths"))->Data();
    queue_targets_ = Keep<Napi::Uint32Array>(queue.Get("targets"))->Data();
    packets_.resize(buffers->ElementLength());
    sender_ = std::make_unique<Sender>(fd_, counters_);
    if (!receives) return;
    const Napi::Object inbox = options.Get("inbox").As<Napi::Object>();
    const auto offsets = Keep<Napi::Uint32Array>(inbox.Get("offsets"));
    const auto lengths = Keep<Napi::Uint32Array>(inbox.Get("lengths"));
    const auto senders = Keep<Napi::Uint32Array>(inbox.Get("senders"));
    receiver_ = std::make_unique<Receiver>(fd_, counters_, offsets->Data(), lengths->Data(), senders->Data(),
                                           static_cast<uint32_t>(offsets->ElementLength()));
    on_batch_ = Napi::Persistent(options.Get("onBatch").As<Napi::Function>());
  }

  /** Keeps an array that C++ points into. */
  template <typename Array>
  std::unique_ptr<Array> Keep(const Napi::Value& value) {
    kept_.push_back(Napi::Persistent(value.As<Napi::Object>()));
    return std::make_unique<Array>(value.As<Array>());
  }

  void StartPoll(Napi::Env env) {
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    poll_ = new Poll();
    poll_->owner = this;
    const int error = uv_poll_init(loop, &poll_->handle, fd_);
    if (error != 0) {
      delete poll_;
      poll_ = nullptr;
      close(fd_);
      fd_ = -1;
      return ThrowSystemError(env, -error, "uv_poll_init");
    }
    // When a worker thread ends, its loop must not have handles left.
    napi_add_async_cleanup_hook(
        env,
        [](napi_async_cleanup_hook_handle, void* data) {
          Socket* owner = static_cast<Poll*>(data)->owner;
          if (owner != nullptr) owner->CloseNow();
        },
        poll_, &poll_->hook);
    context_ = std::make_unique<Napi::AsyncContext>(env, "coterie:udp");
    Ref();  // an open socket is not garbage
    Listen();
  }

  /** Asks the loop for the events that are of interest now. */
  void Listen() {
    const int events = (receiver_ ? UV_READABLE : 0) | (sender_->waiting() ? UV_WRITABLE : 0);
    if (poll_ == nullptr || (events == listening_ && !must_restart_)) return;
    must_restart_ = false;
    listening_ = events;
    if (events == 0) {
      uv_poll_stop(&poll_->handle);
    } else {
      uv_poll_start(&poll_->handle, events, [](uv_poll_t* handle, int status, int events) {
        Socket* owner = reinterpret_cast<Poll*>(handle)->owner;
        if (owner != nullptr) owner->OnEvents(status, events);
      });
    }
  }

  void OnEvents(int status, int events) {
    const Napi::HandleScope scope(Env());
    [[maybe_unused]] const Napi::Object self = Value();  // JavaScript may close and forget the socket meanwhile
    if (status != 0) {
      // libuv stops polling a socket that has an error pending; reading the error clears it.
      int error = 0;
      socklen_t length = sizeof error;
      getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
      counters_[kRxErrors]++;
      must_restart_ = true;
    }
    if (events & UV_WRITABLE) sender_->Resume();
    if ((events & UV_READABLE) && receiver_ && receiver_->Read()) HandOver(false);
    Listen();
  }

  /** Gives everything the receiver has read to JavaScript; false if that threw. */
  bool HandOver(bool inside_javascript) {
    const Napi::Env env = Env();
    handing_over_ = true;
    while (receiver_->pending()) {
      const uint32_t count = receiver_->Fill();
      const bool full = receiver_->slab_full();
      if (count == 0 && !full) break;
      const Napi::HandleScope scope(env);
      const std::initializer_list<napi_value> arguments = {Napi::Number::New(env, count),
                                                           Napi::Boolean::New(env, full)};
      if (inside_javascript) {
        on_batch_.Call(Value(), arguments);
      } else {
        on_batch_.MakeCallback(Value(), arguments, *context_);
      }
      if (env.IsExceptionPending()) {
        receiver_->Discard();
        handing_over_ = false;
        if (!inside_javascript) napi_fatal_exception(env, env.GetAndClearPendingException().Value());
        return false;
      }
      if (poll_ == nullptr) receiver_->Discard();  // closed meanwhile
    }
    handing_over_ = false;
    return true;
  }

  void SetSlab(const Napi::CallbackInfo& info) {
    Napi::Uint8Array bytes = info[0].As<Napi::Uint8Array>();
    slab_ = Napi::Persistent(bytes.As<Napi::Object>());
    receiver_->SetSlab(bytes.Data(), bytes.ByteLength());
  }

  void SetPeers(const Napi::CallbackInfo& info) {
    const Napi::Array list = info[0].As<Napi::Array>();
    std::vector<Endpoint> peers(list.Length());
    for (uint32_t i = 0; i < list.Length(); i++) {
      if (!ReadEndpoint(list.Get(i), &peers[i])) {
        Napi::TypeError::New(info.Env(), "not the address and port of a peer").ThrowAsJavaScriptException();
        return;
      }
    }
    sender_->SetPeers(std::move(peers));
  }

  /** setSources([{address, nodeId}] | undefined): who may send; undefined: anybody. */
  void SetSources(const Napi::CallbackInfo& info) {
    std::vector<Source> listed;
    if (info[0].IsArray()) {
      const Napi::Array list = info[0].As<Napi::Array>();
      for (uint32_t i = 0; i < list.Length(); i++) {
        Endpoint endpoint;
        const Napi::Object source = list.Get(i).As<Napi::Object>();
        if (!ParseEndpoint(source.Get("address").ToString(), 0, &endpoint)) continue;
        listed.push_back({IpOf(endpoint.address), source.Get("nodeId").ToNumber().Uint32Value()});
      }
      std::sort(listed.begin(), listed.end());
    }
    receiver_->SetSources(std::move(listed), info[0].IsArray());
  }

  void SetOwn(const Napi::CallbackInfo& info) {
    Endpoint own;
    if (ReadEndpoint(info[0], &own)) receiver_->SetOwn(own);
  }

  void SetLoopback(const Napi::CallbackInfo& info) {
    if (fd_ >= 0) coterie::SetLoopback(fd_, family_, info[0].ToBoolean());
  }

  /**
   * send(count, memory): packet i of the queue lies in `memory[queue.buffers[i]]`. Returns the errno of the last
   * packet that the kernel refused, or 0.
   */
  Napi::Value Send(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const uint32_t count = info[0].As<Napi::Number>().Uint32Value();
    const Napi::Array memory = info[1].As<Napi::Array>();
    if (poll_ == nullptr || count > packets_.size()) return Napi::Number::New(env, EBADF);
    uint32_t index = 0xffffffff;
    uint8_t* bytes = nullptr;
    size_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
      if (queue_buffers_[i] != index) {
        index = queue_buffers_[i];
        const Napi::Value value = memory.Get(index);
        if (!value.IsTypedArray()) return Napi::Number::New(env, EFAULT);
        Napi::Uint8Array array = value.As<Napi::Uint8Array>();
        bytes = array.Data();
        size = array.ByteLength();
      }
      if (static_cast<size_t>(queue_offsets_[i]) + queue_lengths_[i] > size) return Napi::Number::New(env, EFAULT);
      packets_[i] = {bytes + queue_offsets_[i], queue_lengths_[i]};
    }
    const int refused = sender_->Send(packets_.data(), queue_targets_, count);
    Listen();
    return Napi::Number::New(env, refused);
  }

  void Drain(const Napi::CallbackInfo&) {
    // Inside its own callback the arrays are in use.
    if (poll_ == nullptr || !receiver_ || handing_over_) return;
    for (int i = 0; i < kMaxDrainReads && poll_ != nullptr && receiver_->Read(); i++) {
      if (!HandOver(true)) return;
    }
  }

  Napi::Value Stranger(const Napi::CallbackInfo& info) {
    Endpoint endpoint;
    char name[INET6_ADDRSTRLEN] = "";
    if (!receiver_ || !receiver_->stranger(&endpoint)) return info.Env().Undefined();
    if (endpoint.address.ss_family == AF_INET6) {
      uv_ip6_name(reinterpret_cast<sockaddr_in6*>(&endpoint.address), name, sizeof name);
    } else {
      uv_ip4_name(reinterpret_cast<sockaddr_in*>(&endpoint.address), name, sizeof name);
    }
    return Napi::String::New(info.Env(), name);
  }

  /** What was granted of `buffer`, in bytes: [receive, send]. */
  Napi::Value Buffers(const Napi::CallbackInfo& info) {
    const Napi::Array both = Napi::Array::New(info.Env(), 2);
    both.Set(0u, GrantedBuffer(fd_, SO_RCVBUF));
    both.Set(1u, GrantedBuffer(fd_, SO_SNDBUF));
    return both;
  }

  void Close(const Napi::CallbackInfo&) {
    if (poll_ == nullptr) return;
    CloseNow();
    Unref();
  }

  void CloseNow() {
    if (poll_ == nullptr) return;
    Poll* poll = poll_;
    poll_ = nullptr;
    poll->owner = nullptr;
    uv_poll_stop(&poll->handle);
    uv_close(reinterpret_cast<uv_handle_t*>(&poll->handle), [](uv_handle_t* handle) {
      Poll* closed = reinterpret_cast<Poll*>(handle);
      napi_remove_async_cleanup_hook(closed->hook);
      delete closed;
    });
    close(fd_);
    fd_ = -1;
  }

  int fd_ = -1;
  int family_ = AF_UNSPEC;
  Poll* poll_ = nullptr;
  int listening_ = 0;
  bool must_restart_ = false;
  bool handing_over_ = false;

  std::vector<Napi::ObjectReference> kept_;
  double* counters_ = nullptr;
  uint32_t* queue_buffers_ = nullptr;
  uint32_t* queue_offsets_ = nullptr;
  uint32_t* queue_lengths_ = nullptr;
  uint32_t* queue_targets_ = nullptr;
  std::vector<iovec> packets_;
  std::unique_ptr<Sender> sender_;
  std::unique_ptr<Receiver> receiver_;
  Napi::ObjectReference slab_;
  Napi::FunctionReference on_batch_;
  std::unique_ptr<Napi::AsyncContext> context_;
};

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Socket", Socket::Define(env));
  exports.Set("sourceHash", Napi::String::New(env, QUOTE_VALUE(SOURCE_HASH)));
  exports.Set("counters", Napi::Number::New(env, static_cast<double>(kCounters)));
  return exports;
}

NODE_API_MODULE(udp, Init)

}  // namespace coterie
