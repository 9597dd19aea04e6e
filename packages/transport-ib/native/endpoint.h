#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "connections.h"
#include "counter.h"
#include "direct_group.h"
#include "loop_handles.h"
#include "queue_pair.h"

namespace coterie {

/** The class Endpoint of src/addon.ts: one node's queue pair, group and paths, on the event loop. */
class Endpoint : public Napi::ObjectWrap<Endpoint>, private ConnectionEvents, private LoopEvents {
 public:
  static Napi::Function Define(Napi::Env env);
  /**
   * options: `address`, `port`, `node`, `receives`, `sends`, `regions`; `counters` Float64Array; queue {buffers, offsets,
   * lengths, targets} and inbox {offsets, lengths} Uint32Arrays; the functions of `events`.
   */
  explicit Endpoint(const Napi::CallbackInfo& info);
  ~Endpoint() override;

 private:
  static constexpr int kBatch = 64;

  /** Keeps the endpoint and its resources until the outermost of its event handlers has returned. */
  class Entered;

  void Open(Napi::Env env, const Napi::Object& options);
  bool WatchDevice();
  bool HasAddress();
  void KeepArrays(const Napi::Object& options);
  uint32_t* Keep(const Napi::Value& array);

  void Post(const Napi::CallbackInfo& info);
  Napi::Value Send(const Napi::CallbackInfo& info);
  void Join(const Napi::CallbackInfo& info);
  Napi::Value Connect(const Napi::CallbackInfo& info);
  void Cancel(const Napi::CallbackInfo& info);
  void SetSources(const Napi::CallbackInfo& info);
  Napi::Value Info(const Napi::CallbackInfo& info);
  Napi::Value Resources(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  void ConnectionsReadable() override;
  void CompletionsReadable() override;
  void DeviceReadable() override;
  void NextTurn() override;
  void Ending() override;

  void Joined(const rdma_ud_param& group) override;
  void GroupLost(int status) override;
  void Established(uint32_t path, const rdma_ud_param& peer, const Hello& hello) override;
  void PathFailed(uint32_t path, const char* step, int status) override;
  bool Requested(const std::string& address, const Hello& hello) override;
  void DeviceRemoved() override;
  void AddressChanged() override;

  void Batch();
  void Completed(const ibv_wc& completion);
  void Received(const ibv_wc& completion, const ReceiveQueue::Arrival& arrival);
  bool MayPass(const uint8_t* header, const ibv_wc& completion);
  void HandOver(bool exhausted);
  /** Calls a function of `events`; an exception ends the process, as any that nobody catches. */
  Napi::Value Emit(const char* name, const std::vector<napi_value>& arguments);
  void Trouble(const char* reason, int status);
  Napi::Value Number(double value) { return Napi::Number::New(Env(), value); }
  Napi::Value Text(const std::string& value) { return Napi::String::New(Env(), value); }

  bool open() const { return handles_ != nullptr; }
  void CloseNow();
  void ReleaseMemory();
  void Release();

  const Rdma* rdma_ = nullptr;
  std::unique_ptr<Connections> connections_;
  std::unique_ptr<QueuePair> pair_;
  std::unique_ptr<DirectGroup> direct_group_;
  /** The direct group is joined, which JavaScript does not know yet. */
  bool joined_ = false;
  /** librdmacm has attached the queue pair to this group. */
  bool attached_ = false;
  ibv_gid group_{};
  uint16_t group_lid_ = 0;
  /** A context of its own: what happens to the device is told to each. */
  ibv_context* device_ = nullptr;
  Address own_;
  ibv_port_attr port_{};
  Gid gid_{};
  int gid_index_ = -1;
  LoopHandles* handles_ = nullptr;
  int entered_ = 0;
  bool failed_ = false;
  bool removed_ = false;

  bool filtered_ = false;
  std::vector<Gid> sources_;

  std::vector<Napi::ObjectReference> kept_;
  double* counters_ = nullptr;
  uint32_t* queue_buffers_ = nullptr;
  uint32_t* queue_offsets_ = nullptr;
  uint32_t* queue_lengths_ = nullptr;
  uint32_t* queue_targets_ = nullptr;
  uint32_t* inbox_offsets_ = nullptr;
  uint32_t* inbox_lengths_ = nullptr;
  uint32_t inbox_size_ = 0;
  std::vector<SendQueue::Packet> packets_;
  std::vector<Region*> held_;

  /** What goes to JavaScript next: `count_` datagrams in `slab_`. */
  uint32_t slab_ = 0;
  uint32_t count_ = 0;
  uint64_t told_completed_ = 0;

  Napi::ObjectReference events_;
  std::unique_ptr<Napi::AsyncContext> context_;
};

}  // namespace coterie
