#include "sender.h"

#include <cerrno>

namespace coterie {

namespace {

/** How often a packet is tried again after an error that says nothing about it. */
constexpr int kRetries = 2;

bool Segmented(const mmsghdr& message) { return message.msg_hdr.msg_controllen != 0; }

/** The kernel's ways to say that it will not segment: segments above the path MTU, no checksum offload, no support. */
bool RefusesSegmentation(int error) {
  return error == EINVAL || error == EMSGSIZE || error == EIO || error == EOPNOTSUPP || error == ENOPROTOOPT;
}

Counter CounterOf(int error) {
  switch (error) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EPERM:
    case EACCES:
    case EINVAL:  // the own address is gone: the kernel finds no route from it
      return kTxUnreachable;
    case EMSGSIZE:
      return kTxTooLong;
    case ENOBUFS:
    case ENOMEM:
      return kTxFull;
    default:
      return kTxErrors;
  }
}

}  // namespace

Sender::Sender(int fd, double* counters) : fd_(fd), counters_(counters) {
  int size = 0;
  socklen_t length = sizeof size;
  segmentation_ = getsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, &length) == 0;
}

void Sender::SetPeers(std::vector<Endpoint> peers) {
  peers_.clear();
  for (const Endpoint& endpoint : peers) {
    Peer peer;
    peer.endpoint = endpoint;
    // A message travels through the stack as one IP packet of at most 65535 bytes.
    if (endpoint.address.ss_family == AF_INET6) peer.message_limit = 65487;
    if (!segmentation_) peer.segment_limit = 0;
    peers_.push_back(peer);
  }
}

int Sender::Send(iovec* packets, const uint32_t* targets, size_t count) {
  last_refusal_ = 0;
  size_t from = 0;
  while (from < count) {
    size_t to = from + 1;
    while (to < count && targets[to] == targets[from]) to++;
    if (targets[from] == kEveryPeer) {
      for (Peer& peer : peers_) AddRun(peer, packets + from, to - from);
    } else if (targets[from] < peers_.size()) {
      AddRun(peers_[targets[from]], packets + from, to - from);
    }
    from = to;
  }
  Submit();
  return last_refusal_;
}

void Sender::AddRun(Peer& peer, iovec* packets, size_t count) {
  size_t from = 0;
  while (from < count) {
    const size_t segment = packets[from].iov_len;
    size_t to = from + 1;
    if (segment != 0 && segment <= peer.segment_limit) {
      size_t total = segment;
      // Only the last segment may be shorter.
      while (to < count && to - from < kSegments && packets[to - 1].iov_len == segment &&
             packets[to].iov_len <= segment && packets[to].iov_len != 0 &&
             total + packets[to].iov_len <= peer.message_limit) {
        total += packets[to++].iov_len;
      }
    }
    AddMessage(peer, packets + from, to - from);
    from = to;
  }
}

void Sender::AddMessage(Peer& peer, iovec* packets, size_t count) {
  if (used_ == kMessages) Submit();
  msghdr& header = messages_[used_].msg_hdr;
  header = {};
  header.msg_name = &peer.endpoint.address;
  header.msg_namelen = peer.endpoint.length;
  header.msg_iov = packets;
  header.msg_iovlen = count;
  if (count > 1) {
    header.msg_control = controls_[used_].bytes;
    header.msg_controllen = sizeof controls_[used_].bytes;
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    const uint16_t segment = static_cast<uint16_t>(packets[0].iov_len);
    std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
  }
  receivers_[used_] = &peer;
  used_++;
}

void Sender::Submit() {
  size_t done = 0;
  int retries = 0;
  while (done < used_) {
    if (waiting()) {  // or packets would overtake those that wait
      Wait(messages_[done++].msg_hdr);
      continue;
    }
    const int sent = sendmmsg(fd_, messages_ + done, used_ - done, MSG_DONTWAIT);
    if (sent > 0) {
      for (int i = 0; i < sent; i++) CountSent(messages_[done++]);
      retries = 0;
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN) {
      Wait(messages_[done++].msg_hdr);
      continue;
    }
    if ((error == ENOBUFS || error == ECONNREFUSED) && retries++ < kRetries) continue;
    if (Segmented(messages_[done]) && RefusesSegmentation(error)) {
      SendApart(done);
    } else {
      CountRefused(error, messages_[done].msg_hdr.msg_iovlen);
    }
    retries = 0;
    done++;
  }
  used_ = 0;
}

void Sender::SendApart(size_t message) {
  const msghdr& header = messages_[message].msg_hdr;
  Peer& peer = *receivers_[message];
  bool one_left = false;
  for (size_t i = 0; i < header.msg_iovlen; i++) {
    const int error = SendOne(peer.endpoint, header.msg_iov[i]);
    if (error == 0) {
      one_left = true;
    } else if (error == EAGAIN) {
      msghdr rest = header;
      rest.msg_iov += i;
      rest.msg_iovlen -= i;
      Wait(rest);
      return;
    } else {
      CountRefused(error, 1);
    }
  }
  // Was it the segmentation, or the peer that cannot be reached at all?
  if (!one_left) return;
  counters_[kTxSegmentationRefused]++;
  peer.segment_limit = header.msg_iov[0].iov_len - 1;
}

int Sender::SendOne(const Endpoint& to, const iovec& packet) {
  for (int attempt = 0;; attempt++) {
    const ssize_t sent = sendto(fd_, packet.iov_base, packet.iov_len, MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&to.address), to.length);
    if (sent >= 0) {
      counters_[kTxPackets]++;
      counters_[kTxBytes] += packet.iov_len;
      return 0;
    }
    const bool again = errno == EINTR || errno == ENOBUFS || errno == ECONNREFUSED;
    if (!again || attempt == kRetries) return errno;
  }
}

void Sender::Wait(const msghdr& header) {
  for (size_t i = 0; i < header.msg_iovlen; i++) {
    const iovec& packet = header.msg_iov[i];
    if (waiting_bytes_ + packet.iov_len > kMaxWaitingBytes) {
      CountRefused(ENOBUFS, 1);
      continue;
    }
    Waiting copy;
    std::memcpy(&copy.endpoint.address, header.msg_name, header.msg_namelen);
    copy.endpoint.length = header.msg_namelen;
    const uint8_t* bytes = static_cast<const uint8_t*>(packet.iov_base);
    copy.bytes.assign(bytes, bytes + packet.iov_len);
    waiting_bytes_ += packet.iov_len;
    waiting_.push_back(std::move(copy));
  }
}

void Sender::Resume() {
  while (!waiting_.empty()) {
    Waiting& next = waiting_.front();
    const iovec packet = {next.bytes.data(), next.bytes.size()};
    const int error = SendOne(next.endpoint, packet);
    if (error == EAGAIN) return;
    if (error != 0) CountRefused(error, 1);
    waiting_bytes_ -= packet.iov_len;
    waiting_.pop_front();
  }
}

void Sender::CountSent(const mmsghdr& message) {
  counters_[kTxPackets] += message.msg_hdr.msg_iovlen;
  counters_[kTxBytes] += message.msg_len;
}

void Sender::CountRefused(int error, size_t packets) {
  last_refusal_ = error;
  counters_[CounterOf(error)] += packets;
}

}  // namespace coterie
