#pragma once

#include <string>

#include "datagram.h"

namespace coterie {

struct OpenOptions {
  Endpoint bind;
  /** Several sockets may bind to this address: what is sent to a group reaches each of them. */
  bool share = false;
  bool broadcast = false;
  bool receives = false;
  /** Bytes wanted for each of the socket's buffers. */
  int buffer = 0;
  /** Address (IPv4) or scope (IPv6) of the interface that multicast uses. */
  Endpoint interface;
  /** Group to join; length 0: none. */
  Endpoint group;
  int ttl = 0;
};

/** A non-blocking UDP socket, or -1 with errno set and the name of the call that failed in `call`. */
int Open(const OpenOptions& options, std::string* call);

/** What the kernel granted for SO_RCVBUF or SO_SNDBUF, as it was asked for. */
int GrantedBuffer(int fd, int option);

/** Do other sockets of this machine get what `fd` sends to a group? */
bool SetLoopback(int fd, int family, bool on);

}  // namespace coterie
