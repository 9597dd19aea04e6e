#pragma once

#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "destinations.h"
#include "region.h"

namespace coterie {

/**
 * Datagrams on their way out. They are numbered from 1 in the order of sending and complete in that order; the memory
 * of each is read by the device until it has completed.
 */
class SendQueue {
 public:
  /** @param depth datagrams under way at once. @param regions memory blocks that stay registered. */
  SendQueue(const Rdma& rdma, ibv_pd* pd, ibv_qp* qp, uint32_t depth, size_t regions);

  struct Packet {
    Region* region;
    const uint8_t* bytes;
    uint32_t length;
    const Destinations::Destination* to;
  };

  /**
   * The registration of a block of memory, made if there is none; nullptr with errno set if the system refuses. Good
   * until the next call, or as long as its `in_use` is above zero.
   * @param pin called for a new one: keeps the block where it is.
   */
  template <typename MakePin>
  Region* RegionOf(uint8_t* base, size_t size, MakePin pin) {
    const auto found = by_base_.find(base);
    if (found != by_base_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->get();
    }
    return Register(base, size, pin());
  }

  uint32_t room() const { return depth_ - static_cast<uint32_t>(posted_ - completed_); }
  /** Number of the last datagram given to the device. */
  uint64_t posted() const { return posted_; }
  uint64_t completed() const { return completed_; }
  size_t regions() const { return recent_.size(); }
  /** Posts up to room() packets with one doorbell. How many the device took; errno says why not all. */
  uint32_t Post(const Packet* packets, uint32_t count);
  /** Everything up to this number is done with; numbers come from completions. False if it was never posted. */
  bool Complete(uint64_t number);

 private:
  Region* Register(uint8_t* base, size_t size, Pin pin);
  bool Evict();

  const Rdma& rdma_;
  ibv_pd* const pd_;
  ibv_qp* const qp_;
  const uint32_t depth_;
  const size_t max_regions_;
  uint64_t posted_ = 0;
  uint64_t completed_ = 0;
  /** By number modulo depth. */
  std::vector<Region*> under_way_;
  /** The most recently used first. */
  std::list<std::unique_ptr<Region>> recent_;
  std::unordered_map<uint8_t*, std::list<std::unique_ptr<Region>>::iterator> by_base_;
  std::vector<ibv_send_wr> requests_;
  std::vector<ibv_sge> ranges_;
};

}  // namespace coterie
