#include "send_queue.h"

#include <algorithm>
#include <cerrno>

namespace coterie {

SendQueue::SendQueue(const Rdma& rdma, ibv_pd* pd, ibv_qp* qp, uint32_t depth, size_t regions)
    : rdma_(rdma),
      pd_(pd),
      qp_(qp),
      depth_(depth),
      max_regions_(regions),
      under_way_(depth),
      requests_(depth),
      ranges_(depth) {}

Region* SendQueue::Register(uint8_t* base, size_t size, Pin pin) {
  while (recent_.size() >= max_regions_) {
    if (Evict()) continue;
    errno = ENOBUFS;
    return nullptr;
  }
  auto region = std::make_unique<Region>(rdma_, pd_, base, size, IBV_ACCESS_LOCAL_WRITE, pin);
  // Perhaps less memory may be locked than max_regions_ is.
  while (!region->registered()) {
    const int error = errno;
    if (!Evict()) {
      errno = error;
      return nullptr;
    }
    region = std::make_unique<Region>(rdma_, pd_, base, size, IBV_ACCESS_LOCAL_WRITE, pin);
  }
  recent_.push_front(std::move(region));
  by_base_[base] = recent_.begin();
  return recent_.front().get();
}

/** Lets the least recently used block go that nothing under way lies in; false if there is none. */
bool SendQueue::Evict() {
  for (auto each = recent_.end(); each != recent_.begin();) {
    --each;
    if ((*each)->in_use > 0) continue;
    by_base_.erase((*each)->base());
    recent_.erase(each);
    return true;
  }
  return false;
}

uint32_t SendQueue::Post(const Packet* packets, uint32_t count) {
  errno = count > room() ? ENOBUFS : 0;
  count = std::min(count, room());
  if (count == 0) return 0;
  for (uint32_t i = 0; i < count; i++) {
    const Packet& packet = packets[i];
    ranges_[i] = {reinterpret_cast<uint64_t>(packet.bytes), packet.length, packet.region->key()};
    ibv_send_wr& request = requests_[i];
    request = {};
    request.wr_id = posted_ + 1 + i;
    request.next = i + 1 < count ? &requests_[i + 1] : nullptr;
    request.sg_list = &ranges_[i];
    request.num_sge = 1;
    request.opcode = IBV_WR_SEND;
    // One completion speaks for all before it.
    request.send_flags = i + 1 < count ? 0 : IBV_SEND_SIGNALED;
    request.wr.ud = {packet.to->handle, packet.to->queue_pair, packet.to->queue_key};
  }
  ibv_send_wr* refused = nullptr;
  const int error = ibv_post_send(qp_, requests_.data(), &refused);
  if (error != 0) {
    count = static_cast<uint32_t>(refused - requests_.data());
    errno = error;
  }
  for (uint32_t i = 0; i < count; i++) {
    packets[i].region->in_use++;
    under_way_[++posted_ % depth_] = packets[i].region;
  }
  return count;
}

bool SendQueue::Complete(uint64_t number) {
  if (number > posted_) return false;
  while (completed_ < number) under_way_[++completed_ % depth_]->in_use--;
  return true;
}

}  // namespace coterie
