#include "receiver.h"

#include <algorithm>
#include <cerrno>

namespace coterie {

namespace {

/** The size of the datagrams that the kernel put into one buffer; 0 if there is only one. */
size_t SegmentSize(msghdr* header) {
  for (cmsghdr* control = CMSG_FIRSTHDR(header); control != nullptr; control = CMSG_NXTHDR(header, control)) {
    if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO) {
      int size = 0;
      std::memcpy(&size, CMSG_DATA(control), sizeof size);
      return size > 0 ? static_cast<size_t>(size) : 0;
    }
  }
  return 0;
}

}  // namespace

Receiver::Receiver(int fd, double* counters, uint32_t* offsets, uint32_t* lengths, uint32_t* senders,
                   uint32_t capacity)
    : fd_(fd),
      counters_(counters),
      offsets_(offsets),
      lengths_(lengths),
      senders_(senders),
      capacity_(capacity),
      memory_(new uint8_t[kMessages * kMessageSize]) {
  // The kernel lends memory page by page as it is written, so that a quiet socket costs a few pages only.
  for (int i = 0; i < kMessages; i++) {
    vectors_[i] = {memory_.get() + i * kMessageSize, kMessageSize};
    messages_[i] = {};
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &sources_[i];
    messages_[i].msg_hdr.msg_control = controls_[i];
  }
  read_ = kMessages;
  cursor_ = kMessages;
}

void Receiver::SetSlab(uint8_t* bytes, size_t size) {
  slab_ = bytes;
  slab_size_ = size;
  position_ = 0;
}

void Receiver::SetSources(std::vector<Source> listed, bool enforced) {
  listed_ = std::move(listed);
  enforced_ = enforced;
}

void Receiver::SetOwn(const Endpoint& own) {
  own_ip_ = IpOf(own.address);
  own_port_ = PortOf(own.address);
}

bool Receiver::Read() {
  // The kernel overwrote these two for the messages of the last call.
  for (int i = 0; i < read_; i++) {
    messages_[i].msg_hdr.msg_namelen = sizeof sources_[i];
    messages_[i].msg_hdr.msg_controllen = sizeof controls_[i];
  }
  read_ = cursor_ = 0;
  moved_ = 0;
  accepted_ = false;
  int count;
  do {
    count = recvmmsg(fd_, messages_, kMessages, MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    // A peer's "port unreachable" is no error of this socket.
    if (errno != EAGAIN && errno != ECONNREFUSED) counters_[kRxErrors]++;
    return false;
  }
  read_ = count;
  return count > 0;
}

bool Receiver::Accept(int index) {
  msghdr* header = &messages_[index].msg_hdr;
  const size_t total = messages_[index].msg_len;
  segment_ = SegmentSize(header);
  if (segment_ == 0 || segment_ > total) segment_ = total;
  const double datagrams = total == 0 ? 1 : (total + segment_ - 1) / segment_;
  if (header->msg_flags & MSG_TRUNC) {
    counters_[kRxTruncated] += datagrams;
    return false;
  }
  const Ip ip = IpOf(sources_[index]);
  if (own_port_ != 0 && ip == own_ip_ && PortOf(sources_[index]) == own_port_) {
    counters_[kRxOwn] += datagrams;
    return false;
  }
  const auto source = std::lower_bound(listed_.begin(), listed_.end(), Source{ip, 0});
  const bool listed = source != listed_.end() && source->ip == ip;
  sender_ = listed ? source->node : 0;
  if (enforced_ && !listed) {
    counters_[kRxUnlisted] += datagrams;
    stranger_.address = sources_[index];
    stranger_.length = header->msg_namelen;
    return false;
  }
  counters_[kRxPackets] += datagrams;
  counters_[kRxBytes] += total;
  return true;
}

uint32_t Receiver::Fill() {
  uint32_t count = 0;
  slab_full_ = false;
  while (cursor_ < read_) {
    if (!accepted_) {
      accepted_ = Accept(cursor_);
      if (!accepted_) {
        cursor_++;
        continue;
      }
    }
    const size_t total = messages_[cursor_].msg_len;
    const uint8_t* bytes = static_cast<const uint8_t*>(vectors_[cursor_].iov_base);
    do {
      const size_t length = std::min(segment_, total - moved_);
      slab_full_ = length > slab_size_ - position_;
      if (slab_full_ || count == capacity_) return count;
      std::memcpy(slab_ + position_, bytes + moved_, length);
      offsets_[count] = static_cast<uint32_t>(position_);
      lengths_[count] = static_cast<uint32_t>(length);
      senders_[count] = sender_;
      count++;
      position_ += length;
      moved_ += length;
    } while (moved_ < total);
    moved_ = 0;
    accepted_ = false;
    cursor_++;
  }
  return count;
}

bool Receiver::stranger(Endpoint* out) const {
  *out = stranger_;
  return stranger_.length != 0;
}

}  // namespace coterie
