#pragma once

#include <infiniband/verbs.h>
#include <netinet/in.h>
#include <uv.h>

#include <array>
#include <cstring>
#include <string>

namespace coterie {

struct Address {
  sockaddr_storage storage{};
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

inline bool ParseAddress(const std::string& text, uint32_t port, Address* out) {
  if (port > 65535) return false;
  const int number = static_cast<int>(port);
  return uv_ip4_addr(text.c_str(), number, reinterpret_cast<sockaddr_in*>(&out->storage)) == 0 ||
         uv_ip6_addr(text.c_str(), number, reinterpret_cast<sockaddr_in6*>(&out->storage)) == 0;
}

inline std::string TextOf(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET6) {
    uv_ip6_name(reinterpret_cast<const sockaddr_in6*>(address), text, sizeof text);
  } else if (address->sa_family == AF_INET) {
    uv_ip4_name(reinterpret_cast<const sockaddr_in*>(address), text, sizeof text);
  }
  return text;
}

/** A GID; an IPv4 address is one that is mapped into IPv6. */
using Gid = std::array<uint8_t, 16>;

inline Gid GidOf(const ibv_gid& gid) {
  Gid out;
  std::memcpy(out.data(), gid.raw, out.size());
  return out;
}

inline Gid MappedGid(const uint8_t* ipv4) {
  Gid out{};
  out[10] = out[11] = 0xff;
  std::memcpy(&out[12], ipv4, 4);
  return out;
}

inline Gid GidOf(const Address& address) {
  if (address.storage.ss_family == AF_INET6) {
    Gid out;
    std::memcpy(out.data(), &reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr, out.size());
    return out;
  }
  return MappedGid(reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr));
}

inline std::string TextOf(const Gid& gid) {
  char text[INET6_ADDRSTRLEN] = "";
  uv_inet_ntop(AF_INET6, gid.data(), text, sizeof text);
  return text;
}

/** The sender of a datagram by the 40 bytes that the device writes before it. */
inline Gid SourceOf(const uint8_t* header) {
  // RoCE v2 over IPv4 leaves the first 20 bytes undefined and puts the IPv4 header behind them.
  if (header[0] >> 4 != 6 && header[20] >> 4 == 4) return MappedGid(header + 32);
  Gid source;
  std::memcpy(source.data(), header + 8, source.size());
  return source;
}

}  // namespace coterie
