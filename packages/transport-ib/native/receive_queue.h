#pragma once

#include <memory>
#include <vector>

#include "region.h"

namespace coterie {

/** Set in the id of a work request that receives. */
constexpr uint64_t kReceive = 1ull << 63;
/** What the device writes before each datagram: a global route header, or the IPv4 header at its end. */
constexpr uint32_t kRouteHeader = 40;

/**
 * The buffers that datagrams are received into. They lie in slabs, which are known by small numbers. A slab is either
 * posted, and then the device's, buffer by buffer until each has arrived; or not, and then not touched here.
 */
class ReceiveQueue {
 public:
  /** `stride`: bytes of a buffer, with the route header. */
  ReceiveQueue(const Rdma& rdma, ibv_pd* pd, ibv_qp* qp, uint32_t stride);

  struct Arrival {
    uint32_t slab;
    uint8_t* base;
    /** Of the buffer in the slab. */
    uint32_t offset;
    /** The last buffer of the slab that was with the device has come back. */
    bool exhausted;
  };

  /**
   * Gives all buffers of a slab to the device; it must not be posted already. Returns an errno, and then the slab is not
   * posted. The memory stays registered, and pinned, until the end of the queue.
   */
  int Post(uint32_t slab, uint8_t* base, size_t size, const Pin& pin);
  /** Takes back the buffer of a completion. False if there is no such buffer. */
  bool Take(uint64_t id, Arrival* out);

 private:
  struct Slab {
    std::unique_ptr<Region> region;
    uint32_t with_device = 0;
  };

  const Rdma& rdma_;
  ibv_pd* const pd_;
  ibv_qp* const qp_;
  const uint32_t stride_;
  std::vector<Slab> slabs_;
  std::vector<ibv_recv_wr> requests_;
  std::vector<ibv_sge> ranges_;
};

}  // namespace coterie
