#pragma once

#include <deque>
#include <vector>

#include "datagram.h"

namespace coterie {

/** A packet to send is for every peer. */
constexpr uint32_t kEveryPeer = 0xffffffff;

/**
 * Sends queued packets with as few system calls and trips through the network stack as possible: many
 * messages in a call (sendmmsg), runs of equal packets to one peer in a message (UDP_SEGMENT).
 * Packets to one peer leave in the order given.
 */
class Sender {
 public:
  Sender(int fd, double* counters);

  void SetPeers(std::vector<Endpoint> peers);
  /**
   * Sends packet i to peer `targets[i]`. The packets' memory is not needed any more when this returns: what
   * the socket buffer has no room for is kept as a copy. Returns the errno of the last refusal, or 0.
   */
  int Send(iovec* packets, const uint32_t* targets, size_t count);
  /** Are there copies that wait for room in the socket buffer? */
  bool waiting() const { return !waiting_.empty(); }
  /** The socket is writable again. */
  void Resume();

 private:
  static constexpr size_t kMessages = 64;
  /** UDP_MAX_SEGMENTS of the oldest kernels with UDP_SEGMENT. */
  static constexpr size_t kSegments = 64;
  static constexpr size_t kMaxWaitingBytes = 4 << 20;

  struct Peer {
    Endpoint endpoint;
    /** The largest packet that may go out as a segment: more is refused by the kernel (path MTU). */
    size_t segment_limit = 65507;
    /** All segments of a message together. */
    size_t message_limit = 65507;
  };
  struct Waiting {
    Endpoint endpoint;
    std::vector<uint8_t> bytes;
  };
  union Control {
    cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
  };

  void AddRun(Peer& peer, iovec* packets, size_t count);
  void AddMessage(Peer& peer, iovec* packets, size_t count);
  void Submit();
  void SendApart(size_t message);
  /** 0, or the errno with which the kernel refused the packet. */
  int SendOne(const Endpoint& to, const iovec& packet);
  void Wait(const msghdr& header);
  void CountSent(const mmsghdr& message);
  void CountRefused(int error, size_t packets);

  const int fd_;
  double* const counters_;
  bool segmentation_;
  int last_refusal_ = 0;
  std::vector<Peer> peers_;

  mmsghdr messages_[kMessages];
  Control controls_[kMessages] = {};
  Peer* receivers_[kMessages];
  size_t used_ = 0;

  std::deque<Waiting> waiting_;
  size_t waiting_bytes_ = 0;
};

}  // namespace coterie
