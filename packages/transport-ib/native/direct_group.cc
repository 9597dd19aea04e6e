#include "direct_group.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace coterie {

namespace {
constexpr size_t kMaxGids = 256;
constexpr uint32_t kMulticastQueuePair = 0xffffff;
constexpr uint8_t kHopLimit = 1;
}  // namespace

DirectGroup::~DirectGroup() {
  if (attached_) rdma_.ibv_detach_mcast(id_->qp, &destination_.ah_attr.grh.dgid, 0);
  if (socket_ >= 0) close(socket_);
}

int DirectGroup::Join(const Address& own, const Address& group) {
  ibv_gid_entry entry;
  if (!FindOwn(own, &entry)) return EADDRNOTAVAIL;
  ipv6_mreq membership{};
  membership.ipv6mr_multiaddr = reinterpret_cast<const sockaddr_in6&>(group.storage).sin6_addr;
  membership.ipv6mr_interface = entry.ndev_ifindex;
  socket_ = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return errno;
  if (setsockopt(socket_, IPPROTO_IPV6, IPV6_JOIN_GROUP, &membership, sizeof membership) != 0) return errno;
  ibv_ah_attr& address = destination_.ah_attr;
  std::memcpy(address.grh.dgid.raw, &membership.ipv6mr_multiaddr, sizeof address.grh.dgid.raw);
  address.grh.sgid_index = static_cast<uint8_t>(entry.gid_index);
  address.grh.hop_limit = kHopLimit;
  address.is_global = 1;
  address.port_num = id_->port_num;
  destination_.qp_num = kMulticastQueuePair;
  destination_.qkey = RDMA_UDP_QKEY;
  const int error = rdma_.ibv_attach_mcast(id_->qp, &address.grh.dgid, 0);
  attached_ = error == 0;
  return error;
}

bool DirectGroup::FindOwn(const Address& own, ibv_gid_entry* out) const {
  std::vector<ibv_gid_entry> entries(kMaxGids);
  const ssize_t count = rdma_._ibv_query_gid_table(id_->verbs, entries.data(), kMaxGids, 0, sizeof(ibv_gid_entry));
  for (ssize_t i = 0; i < count; i++) {
    const ibv_gid_entry& entry = entries[static_cast<size_t>(i)];
    if (entry.port_num != id_->port_num || entry.gid_type != IBV_GID_TYPE_ROCE_V2) continue;
    if (GidOf(entry.gid) != GidOf(own)) continue;
    *out = entry;
    return true;
  }
  return false;
}

}  // namespace coterie
