#pragma once

#include <memory>
#include <vector>

#include "datagram.h"

namespace coterie {

/** An address that may send, and the node there; 0 if that is not known. */
struct Source {
  Ip ip;
  uint32_t node;

  bool operator<(const Source& other) const { return ip < other.ip; }
};

/**
 * Reads datagrams, many in one system call and many in one buffer (UDP_GRO), and lays those that may pass
 * one behind the other into a slab.
 */
class Receiver {
 public:
  /** `offsets`, `lengths` and `senders` have room for `capacity` datagrams and outlive the receiver. */
  Receiver(int fd, double* counters, uint32_t* offsets, uint32_t* lengths, uint32_t* senders, uint32_t capacity);

  /** The slab to fill from now on; at least 64 KiB, or a large datagram would never fit. */
  void SetSlab(uint8_t* bytes, size_t size);
  /** Addresses that may send, sorted; all may while `enforced` is false. */
  void SetSources(std::vector<Source> listed, bool enforced);
  /** Copies of what was sent from here are dropped. */
  void SetOwn(const Endpoint& own);

  /** Reads once what has arrived. False if there was nothing. */
  bool Read();
  /** Moves what was read into the slab until one of both is at its end; how many datagrams. */
  uint32_t Fill();
  /** Did Fill stop before everything read was moved? */
  bool pending() const { return cursor_ < read_; }
  /** Did it stop because the next datagram does not fit into the slab? */
  bool slab_full() const { return slab_full_; }
  /** Forget what was read and not moved. */
  void Discard() { cursor_ = read_; }

  /** The last address refused as unlisted; false if none was. */
  bool stranger(Endpoint* out) const;

 private:
  static constexpr int kMessages = 32;
  static constexpr size_t kMessageSize = 65536;

  bool Accept(int index);

  const int fd_;
  double* const counters_;
  uint32_t* const offsets_;
  uint32_t* const lengths_;
  uint32_t* const senders_;
  const uint32_t capacity_;

  uint8_t* slab_ = nullptr;
  size_t slab_size_ = 0;
  size_t position_ = 0;
  bool slab_full_ = false;

  std::vector<Source> listed_;
  bool enforced_ = false;
  Ip own_ip_{};
  uint16_t own_port_ = 0;
  Endpoint stranger_;

  std::unique_ptr<uint8_t[]> memory_;
  mmsghdr messages_[kMessages];
  iovec vectors_[kMessages];
  sockaddr_storage sources_[kMessages];
  alignas(cmsghdr) char controls_[kMessages][CMSG_SPACE(sizeof(int))];
  int read_ = 0;
  int cursor_ = 0;
  /** Of message `cursor_`: may it pass, the node at its address, bytes already moved, and the size of a datagram. */
  bool accepted_ = false;
  uint32_t sender_ = 0;
  size_t moved_ = 0;
  size_t segment_ = 0;
};

}  // namespace coterie
