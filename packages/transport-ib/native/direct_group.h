#pragma once

#include "address.h"
#include "rdma.h"

namespace coterie {

/**
 * A multicast group of IPv6 on RoCE v2, which rdma_cm does not know how to join (cma_iboe_join_multicast says
 * ENOTSUPP): the queue pair is attached to it by its address, and a socket tells the switches (MLD).
 */
class DirectGroup {
 public:
  DirectGroup(const Rdma& rdma, rdma_cm_id* id) : rdma_(rdma), id_(id) {}
  /** Before the queue pair is destroyed. */
  ~DirectGroup();
  DirectGroup(const DirectGroup&) = delete;
  DirectGroup& operator=(const DirectGroup&) = delete;

  /** An errno. After 0 {@link destination} says how to send to the group. */
  int Join(const Address& own, const Address& group);
  const rdma_ud_param& destination() const { return destination_; }

 private:
  /** The place of the own address in the port's table, and its interface. */
  bool FindOwn(const Address& own, ibv_gid_entry* out) const;

  const Rdma& rdma_;
  rdma_cm_id* const id_;
  int socket_ = -1;
  bool attached_ = false;
  rdma_ud_param destination_{};
};

}  // namespace coterie
