// The class Server of src/addon.ts.
#include <napi.h>
#include <sys/socket.h>

#include "server.h"

#define QUOTE(text) #text
#define QUOTE_VALUE(macro) QUOTE(macro)

namespace coterie {

class ServerObject;

/** What has to be gone before the environment may end; it outlives the object of JavaScript's. */
struct Lifetime {
  OpenHandles handles;
  ServerObject* running = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
};

class ServerObject : public Napi::ObjectWrap<ServerObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Server",
                       {
                           InstanceMethod<&ServerObject::Serve>("serve"),
                           InstanceMethod<&ServerObject::Send>("send"),
                           InstanceMethod<&ServerObject::Hold>("hold"),
                           InstanceMethod<&ServerObject::Release>("release"),
                           InstanceMethod<&ServerObject::Stop>("stop"),
                       });
  }

  /** (inbox: Uint8Array, waiting: Uint32Array, onRecords(length), onAccept(service, slot, pid, uid, gid) → errno) */
  explicit ServerObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ServerObject>(info) {
    const Napi::Env env = info.Env();
    std::string why;
    const Libqb* qb = Libqb::Load(&why);
    if (qb == nullptr) {
      Napi::Error::New(env, why).ThrowAsJavaScriptException();
      return;
    }
    Napi::Uint8Array inbox = info[0].As<Napi::Uint8Array>();
    Napi::Uint32Array waiting = info[1].As<Napi::Uint32Array>();
    if (inbox.ByteLength() < 2 * kInboxMargin || waiting.ElementLength() != kSlots) {
      Napi::TypeError::New(env, "memory of the wrong size").ThrowAsJavaScriptException();
      return;
    }
    inbox_ = Napi::Persistent(inbox.As<Napi::Object>());
    waiting_ = Napi::Persistent(waiting.As<Napi::Object>());
    on_records_ = Napi::Persistent(info[2].As<Napi::Function>());
    on_accept_ = Napi::Persistent(info[3].As<Napi::Function>());
    context_ = std::make_unique<Napi::AsyncContext>(env, "coterie:qb");
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    auto* lifetime = new Lifetime();
    lifetime->running = this;
    lifetime_ = lifetime;
    server_ = std::make_unique<Server>(
        qb, loop, &lifetime->handles,
        Server::Host{[this](uint32_t length) { Records(length); },
                     [this](int service, uint32_t slot, int pid, uid_t uid, gid_t gid) {
                       return Accept(service, slot, pid, uid, gid);
                     }});
    server_->SetMemory(inbox.Data(), static_cast<uint32_t>(inbox.ByteLength()), waiting.Data());
    // When a worker thread ends, its loop must not have handles left.
    napi_add_async_cleanup_hook(
        env,
        [](napi_async_cleanup_hook_handle, void* data) {
          ServerObject* running = static_cast<Lifetime*>(data)->running;
          if (running != nullptr) running->StopNow();
        },
        lifetime, &lifetime->hook);
    lifetime->handles.none = [lifetime] {
      napi_remove_async_cleanup_hook(lifetime->hook);
      delete lifetime;
    };
    Ref();  // a running server is not garbage
  }

 private:
  void Records(uint32_t length) {
    const Napi::HandleScope scope(Env());
    on_records_.MakeCallback(Value(), {Napi::Number::New(Env(), length)}, *context_);
    Report();
  }

  int Accept(int service, uint32_t slot, int pid, uid_t uid, gid_t gid) {
    const Napi::Env env = Env();
    const Napi::HandleScope scope(env);
    const Napi::Value answer = on_accept_.MakeCallback(
        Value(),
        {Napi::Number::New(env, service), Napi::Number::New(env, slot), Napi::Number::New(env, pid),
         Napi::Number::New(env, uid), Napi::Number::New(env, gid)},
        *context_);
    if (Report() || !answer.IsNumber()) return EINVAL;
    return answer.As<Napi::Number>().Int32Value();
  }

  /** What JavaScript threw is the process's concern, as in any callback. True if it did. */
  bool Report() {
    const Napi::Env env = Env();
    if (!env.IsExceptionPending()) return false;
    napi_fatal_exception(env, env.GetAndClearPendingException().Value());
    return true;
  }

  /** serve(name, service, sockets): 0 or an errno. */
  Napi::Value Serve(const Napi::CallbackInfo& info) {
    const int error = server_->Serve(info[0].As<Napi::String>(), info[1].As<Napi::Number>().Int32Value(),
                                     info[2].As<Napi::Boolean>());
    return Napi::Number::New(info.Env(), -error);
  }

  void Send(const Napi::CallbackInfo& info) {
    Napi::Uint8Array bytes = info[0].As<Napi::Uint8Array>();
    const uint32_t length = info[1].As<Napi::Number>().Uint32Value();
    if (length <= bytes.ByteLength()) server_->Send(bytes.Data(), length);
  }

  void Hold(const Napi::CallbackInfo& info) {
    server_->Hold(info[0].As<Napi::Number>().Uint32Value(),
                  static_cast<enum coterie::Hold>(info[1].As<Napi::Number>().Int32Value()));
  }

  void Release(const Napi::CallbackInfo& info) { server_->Release(info[0].As<Napi::Number>().Uint32Value()); }

  /** Not to be called from inside onAccept. */
  void Stop(const Napi::CallbackInfo&) {
    if (lifetime_ == nullptr) return;
    StopNow();
    Unref();
  }

  void StopNow() {
    if (lifetime_ == nullptr) return;
    lifetime_->running = nullptr;
    lifetime_ = nullptr;
    server_->Stop();
  }

  std::unique_ptr<Napi::AsyncContext> context_;
  Napi::ObjectReference inbox_;
  Napi::ObjectReference waiting_;
  Napi::FunctionReference on_records_;
  Napi::FunctionReference on_accept_;
  std::unique_ptr<Server> server_;
  /** Null once it has stopped. */
  Lifetime* lifetime_ = nullptr;
};

/** peerOf(descriptor): [pid, uid, gid], or undefined if it is no Unix socket of a peer. */
Napi::Value PeerOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  struct ucred peer = {};
  socklen_t length = sizeof peer;
  const int descriptor = info[0].As<Napi::Number>().Int32Value();
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.pid <= 0) {
    return env.Undefined();
  }
  Napi::Array answer = Napi::Array::New(env, 3);
  answer.Set(0u, Napi::Number::New(env, peer.pid));
  answer.Set(1u, Napi::Number::New(env, peer.uid));
  answer.Set(2u, Napi::Number::New(env, peer.gid));
  return answer;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Server", ServerObject::Define(env));
  exports.Set("peerOf", Napi::Function::New<PeerOf>(env));
  exports.Set("sourceHash", Napi::String::New(env, QUOTE_VALUE(SOURCE_HASH)));
  exports.Set("inboxSize", Napi::Number::New(env, 2 * kInboxMargin));
  exports.Set("slots", Napi::Number::New(env, kSlots));
  return exports;
}

NODE_API_MODULE(qb, Init)

}  // namespace coterie
