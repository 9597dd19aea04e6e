#include "receive_queue.h"

#include <cerrno>

namespace coterie {

namespace {
constexpr uint32_t kMaxSlabs = 1 << 16;
}

ReceiveQueue::ReceiveQueue(const Rdma& rdma, ibv_pd* pd, ibv_qp* qp, uint32_t stride)
    : rdma_(rdma), pd_(pd), qp_(qp), stride_(stride) {}

int ReceiveQueue::Post(uint32_t number, uint8_t* base, size_t size, const Pin& pin) {
  if (number >= kMaxSlabs) return EINVAL;
  if (number >= slabs_.size()) slabs_.resize(number + 1);
  Slab& slab = slabs_[number];
  if (slab.with_device > 0) return EBUSY;
  if (!slab.region || slab.region->base() != base) {
    slab.region = std::make_unique<Region>(rdma_, pd_, base, size, IBV_ACCESS_LOCAL_WRITE, pin);
    if (!slab.region->registered()) {
      const int error = errno;
      slab.region.reset();
      return error;
    }
  }
  const uint32_t count = static_cast<uint32_t>(size / stride_);
  if (count == 0) return EINVAL;
  requests_.resize(count);
  ranges_.resize(count);
  for (uint32_t i = 0; i < count; i++) {
    ranges_[i] = {reinterpret_cast<uint64_t>(base) + uint64_t{i} * stride_, stride_, slab.region->key()};
    requests_[i] = {kReceive | uint64_t{number} << 16 | i, i + 1 < count ? &requests_[i + 1] : nullptr, &ranges_[i], 1};
  }
  ibv_recv_wr* refused = nullptr;
  const int error = ibv_post_recv(qp_, requests_.data(), &refused);
  slab.with_device = error == 0 ? count : static_cast<uint32_t>(refused - requests_.data());
  // What was taken of a refused slab comes back as any other.
  return slab.with_device == 0 ? error : 0;
}

bool ReceiveQueue::Take(uint64_t id, Arrival* out) {
  const uint32_t number = static_cast<uint32_t>(id >> 16) & 0xffff;
  const uint32_t index = static_cast<uint32_t>(id) & 0xffff;
  if (number >= slabs_.size()) return false;
  Slab& slab = slabs_[number];
  if (slab.with_device == 0 || (uint64_t{index} + 1) * stride_ > slab.region->size()) return false;
  slab.with_device--;
  *out = {number, slab.region->base(), index * stride_, slab.with_device == 0};
  return true;
}

}  // namespace coterie
