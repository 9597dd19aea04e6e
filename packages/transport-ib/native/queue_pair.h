#pragma once

#include <memory>
#include <string>

#include "receive_queue.h"
#include "send_queue.h"

namespace coterie {

/**
 * An unreliable-datagram queue pair with its completions and the memory it may use. One queue pair serves the group and
 * the members, so that a token does not overtake the messages sent before it.
 */
class QueuePair {
 public:
  struct Options {
    uint32_t receives;
    uint32_t sends;
    size_t regions;
    uint32_t datagram;
  };

  /** `id` is bound to a device, and outlives this. Check {@link error}. */
  QueuePair(const Rdma& rdma, rdma_cm_id* id, const Options& options);
  ~QueuePair();
  QueuePair(const QueuePair&) = delete;
  QueuePair& operator=(const QueuePair&) = delete;

  /** An errno, and the name of the call that failed in {@link call}; 0 if all is well. */
  int error() const { return error_; }
  const std::string& call() const { return call_; }

  /** Readable when there are completions: call {@link Rearm}, then {@link Poll} until there are none. */
  int fd() const { return channel_->fd; }
  void Rearm();
  /** Takes up to `count` completions; below 0 if the device failed. */
  int Poll(ibv_wc* completions, int count) { return ibv_poll_cq(cq_, count, completions); }

  uint32_t number() const { return id_->qp->qp_num; }
  /** nullptr with errno set if the address cannot be used. */
  ibv_ah* NewHandle(const ibv_ah_attr& address) {
    ibv_ah_attr copy = address;
    return rdma_.ibv_create_ah(pd_, &copy);
  }

  ReceiveQueue& receives() { return *receives_; }
  SendQueue& sends() { return *sends_; }
  Destinations& destinations() { return *destinations_; }

 private:
  bool Fail(const char* call);

  const Rdma& rdma_;
  rdma_cm_id* const id_;
  int error_ = 0;
  std::string call_;
  ibv_pd* pd_ = nullptr;
  ibv_comp_channel* channel_ = nullptr;
  ibv_cq* cq_ = nullptr;
  bool created_ = false;
  std::unique_ptr<ReceiveQueue> receives_;
  std::unique_ptr<SendQueue> sends_;
  std::unique_ptr<Destinations> destinations_;
};

}  // namespace coterie
