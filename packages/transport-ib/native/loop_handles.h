#pragma once

#include <napi.h>
#include <uv.h>

#include "rdma.h"

namespace coterie {

/** What the event loop tells the owner of the handles. */
class LoopEvents {
 public:
  virtual ~LoopEvents() = default;
  virtual void ConnectionsReadable() = 0;
  virtual void CompletionsReadable() = 0;
  virtual void DeviceReadable() = 0;
  /** {@link LoopHandles::Again} was called before this turn of the loop. */
  virtual void NextTurn() = 0;
  /** The environment ends: everything has to be closed. */
  virtual void Ending() = 0;
};

/** The libuv handles of an endpoint. They live until the loop has let go of them, which may be after the endpoint's end. */
class LoopHandles {
 public:
  static LoopHandles* Start(Napi::Env env, LoopEvents* owner, int connections, int completions, int device) {
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    LoopHandles* const self = new LoopHandles(owner);
    self->Poll<&LoopEvents::ConnectionsReadable>(loop, &self->connections_, connections);
    self->Poll<&LoopEvents::CompletionsReadable>(loop, &self->completions_, completions);
    self->Poll<&LoopEvents::DeviceReadable>(loop, &self->device_, device);
    uv_async_init(loop, &self->again_, [](uv_async_t* handle) {
      LoopEvents* const to = static_cast<LoopHandles*>(handle->data)->owner_;
      if (to != nullptr) to->NextTurn();
    });
    self->again_.data = self;
    // When a worker thread ends, its loop must not have handles left.
    napi_add_async_cleanup_hook(
        env,
        [](napi_async_cleanup_hook_handle, void* data) {
          LoopEvents* const to = static_cast<LoopHandles*>(data)->owner_;
          if (to != nullptr) to->Ending();
        },
        self, &self->hook_);
    return self;
  }

  void Again() { uv_async_send(&again_); }

  /** Ends the polling at once; this object goes by itself. */
  void Close() {
    owner_ = nullptr;
    for (uv_poll_t* handle : {&connections_, &completions_, &device_}) {
      uv_poll_stop(handle);
      CloseOne(reinterpret_cast<uv_handle_t*>(handle));
    }
    CloseOne(reinterpret_cast<uv_handle_t*>(&again_));
  }

 private:
  explicit LoopHandles(LoopEvents* owner) : owner_(owner) {}

  template <void (LoopEvents::*Event)()>
  void Poll(uv_loop_t* loop, uv_poll_t* handle, int fd) {
    handle->data = this;
    uv_poll_init(loop, handle, fd);
    uv_poll_start(handle, UV_READABLE, [](uv_poll_t* readable, int, int) {
      LoopEvents* const to = static_cast<LoopHandles*>(readable->data)->owner_;
      if (to != nullptr) (to->*Event)();
    });
  }

  void CloseOne(uv_handle_t* handle) {
    uv_close(handle, [](uv_handle_t* closed) {
      LoopHandles* const self = static_cast<LoopHandles*>(closed->data);
      if (--self->open_ > 0) return;
      napi_remove_async_cleanup_hook(self->hook_);
      delete self;
    });
  }

  LoopEvents* owner_;
  int open_ = 4;
  uv_poll_t connections_;
  uv_poll_t completions_;
  uv_poll_t device_;
  uv_async_t again_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
};

}  // namespace coterie
