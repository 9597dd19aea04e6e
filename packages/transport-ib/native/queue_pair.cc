#include "queue_pair.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace coterie {

QueuePair::QueuePair(const Rdma& rdma, rdma_cm_id* id, const Options& options) : rdma_(rdma), id_(id) {
  ibv_device_attr limits{};
  if ((errno = rdma.ibv_query_device(id->verbs, &limits)) != 0 && Fail("ibv_query_device")) return;
  const uint32_t most = static_cast<uint32_t>(limits.max_qp_wr);
  ibv_qp_init_attr wanted{};
  wanted.qp_type = IBV_QPT_UD;
  wanted.cap.max_recv_wr = std::min(options.receives, most);
  wanted.cap.max_send_wr = std::min(options.sends, most);
  wanted.cap.max_recv_sge = 1;
  wanted.cap.max_send_sge = 1;
  const uint32_t completions = wanted.cap.max_recv_wr + wanted.cap.max_send_wr;
  if ((pd_ = rdma.ibv_alloc_pd(id->verbs)) == nullptr && Fail("ibv_alloc_pd")) return;
  if ((channel_ = rdma.ibv_create_comp_channel(id->verbs)) == nullptr && Fail("ibv_create_comp_channel")) return;
  fcntl(channel_->fd, F_SETFL, fcntl(channel_->fd, F_GETFL) | O_NONBLOCK);
  const int entries = std::min(static_cast<int>(completions), limits.max_cqe);
  if ((cq_ = rdma.ibv_create_cq(id->verbs, entries, nullptr, channel_, 0)) == nullptr && Fail("ibv_create_cq")) return;
  wanted.send_cq = wanted.recv_cq = cq_;
  const uint32_t sends = wanted.cap.max_send_wr;
  if (rdma.rdma_create_qp(id, pd_, &wanted) != 0 && Fail("rdma_create_qp")) return;
  created_ = true;
  if ((errno = ibv_req_notify_cq(cq_, 0)) != 0 && Fail("ibv_req_notify_cq")) return;
  receives_ = std::make_unique<ReceiveQueue>(rdma, pd_, id->qp, kRouteHeader + options.datagram);
  sends_ = std::make_unique<SendQueue>(rdma, pd_, id->qp, sends, options.regions);
  destinations_ = std::make_unique<Destinations>(rdma);
}

QueuePair::~QueuePair() {
  // With the queue pair the device lets go of all buffers; only then may their registrations end.
  if (created_) rdma_.rdma_destroy_qp(id_);
  destinations_.reset();
  sends_.reset();
  receives_.reset();
  if (cq_ != nullptr) rdma_.ibv_destroy_cq(cq_);
  if (channel_ != nullptr) rdma_.ibv_destroy_comp_channel(channel_);
  if (pd_ != nullptr) rdma_.ibv_dealloc_pd(pd_);
}

bool QueuePair::Fail(const char* call) {
  error_ = errno != 0 ? errno : EIO;
  call_ = call;
  return true;
}

void QueuePair::Rearm() {
  ibv_cq* cq = nullptr;
  void* context = nullptr;
  unsigned int events = 0;
  while (rdma_.ibv_get_cq_event(channel_, &cq, &context) == 0) events++;
  // Unacknowledged events would keep the completion queue from being destroyed.
  if (events > 0) rdma_.ibv_ack_cq_events(cq_, events);
  ibv_req_notify_cq(cq_, 0);
}

}  // namespace coterie
