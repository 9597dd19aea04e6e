// Memory that the device may read and write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "rdma.h"

namespace coterie {

/** Keeps memory where it is for as long as somebody holds it. */
using Pin = std::shared_ptr<void>;

/** A registered range of memory. Whoever destroys it makes sure that no work request names it any more. */
class Region {
 public:
  Region(const Rdma& rdma, ibv_pd* pd, uint8_t* base, size_t size, int access, Pin pin)
      : rdma_(rdma), base_(base), size_(size), pin_(std::move(pin)), mr_(rdma.ibv_reg_mr(pd, base, size, access)) {}
  ~Region() {
    if (mr_ != nullptr) rdma_.ibv_dereg_mr(mr_);
  }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  /** False if the system refused, with errno set. */
  bool registered() const { return mr_ != nullptr; }
  uint8_t* base() const { return base_; }
  size_t size() const { return size_; }
  uint32_t key() const { return mr_->lkey; }

  /** Work requests under way that name it. */
  uint32_t in_use = 0;

 private:
  const Rdma& rdma_;
  uint8_t* const base_;
  const size_t size_;
  const Pin pin_;
  ibv_mr* const mr_;
};

}  // namespace coterie
