#include "open.h"

#include <unistd.h>

#include <cerrno>

namespace coterie {

namespace {

bool Set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

void SetBuffer(int fd, int forced, int asked, int bytes) {
  // The first one passes net.core.[rw]mem_max, but needs CAP_NET_ADMIN.
  if (!Set(fd, SOL_SOCKET, forced, bytes)) Set(fd, SOL_SOCKET, asked, bytes);
}

in_addr Address4(const Endpoint& endpoint) {
  return reinterpret_cast<const sockaddr_in&>(endpoint.address).sin_addr;
}

const sockaddr_in6& Address6(const Endpoint& endpoint) {
  return reinterpret_cast<const sockaddr_in6&>(endpoint.address);
}

bool SetMulticast(int fd, const OpenOptions& options, std::string* call) {
  const bool v6 = options.bind.address.ss_family == AF_INET6;
  *call = "setsockopt";
  if (options.ttl != 0) {
    if (v6) {
      const int index = static_cast<int>(Address6(options.interface).sin6_scope_id);
      if (!Set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, options.ttl)) return false;
      if (index != 0 && !Set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, index)) return false;
    } else {
      ip_mreqn request = {};
      request.imr_address = Address4(options.interface);
      if (!Set(fd, IPPROTO_IP, IP_MULTICAST_TTL, options.ttl)) return false;
      if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) != 0) return false;
    }
  }
  if (options.group.length == 0) return true;
  if (v6) {
    ipv6_mreq request = {};
    request.ipv6mr_multiaddr = Address6(options.group).sin6_addr;
    request.ipv6mr_interface = Address6(options.interface).sin6_scope_id;
    Set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
    return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request) == 0;
  }
  ip_mreqn request = {};
  request.imr_multiaddr = Address4(options.group);
  request.imr_address = Address4(options.interface);
  // Without it the socket would also get the group from interfaces that another program joined it on.
  Set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) == 0;
}

bool Prepare(int fd, const OpenOptions& options, std::string* call) {
  const bool v6 = options.bind.address.ss_family == AF_INET6;
  *call = "setsockopt";
  if (v6 && !Set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) return false;
  if (options.share && !Set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return false;
  if (options.broadcast && !Set(fd, SOL_SOCKET, SO_BROADCAST, 1)) return false;
  // Recovery sends datagrams above the MTU: let IP fragment them, and do not depend on ICMP to learn path MTUs.
  Set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
      v6 ? IPV6_PMTUDISC_DONT : IP_PMTUDISC_DONT);
  if (options.receives) {
    SetBuffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, options.buffer);
    Set(fd, SOL_UDP, UDP_GRO, 1);  // refused by kernels before 5.0, which then hand over datagram by datagram
  }
  SetBuffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, options.buffer);
  *call = "bind";
  if (bind(fd, reinterpret_cast<const sockaddr*>(&options.bind.address), options.bind.length) != 0) return false;
  return SetMulticast(fd, options, call);
}

}  // namespace

int Open(const OpenOptions& options, std::string* call) {
  *call = "socket";
  const int fd = socket(options.bind.address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) return -1;
  if (Prepare(fd, options, call)) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int GrantedBuffer(int fd, int option) {
  int bytes = 0;
  socklen_t length = sizeof bytes;
  // socket(7): the kernel doubles the value for its own needs.
  return getsockopt(fd, SOL_SOCKET, option, &bytes, &length) == 0 ? bytes / 2 : 0;
}

bool SetLoopback(int fd, int family, bool on) {
  return family == AF_INET6 ? Set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, on)
                            : Set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, on);
}

}  // namespace coterie
