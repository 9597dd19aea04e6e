// What sending and receiving share: addresses and counters.
#pragma once

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace coterie {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t length = 0;
};

/** An IP address without port; IPv4 is mapped into IPv6. */
using Ip = std::array<uint8_t, 16>;

inline Ip IpOf(const sockaddr_storage& address) {
  Ip ip{};
  if (address.ss_family == AF_INET6) {
    std::memcpy(ip.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16);
  } else {
    ip[10] = ip[11] = 0xff;
    std::memcpy(&ip[12], &reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
  }
  return ip;
}

inline uint16_t PortOf(const sockaddr_storage& address) {
  // sin_port and sin6_port lie at the same place.
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

/** Indexes of the counters that JavaScript shares with this addon; the order is that of src/counters.ts. */
enum Counter : size_t {
  kRxPackets,
  kRxBytes,
  kRxUnlisted,
  kRxOwn,
  kRxTruncated,
  kRxErrors,
  kTxPackets,
  kTxBytes,
  kTxFull,
  kTxUnreachable,
  kTxTooLong,
  kTxErrors,
  kTxSegmentationRefused,
  kCounters,
};

}  // namespace coterie
