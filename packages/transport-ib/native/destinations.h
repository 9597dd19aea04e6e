#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "rdma.h"

namespace coterie {

/** Where datagrams go, by number: an address handle and the queue pair behind it. */
class Destinations {
 public:
  struct Destination {
    ibv_ah* handle = nullptr;
    uint32_t queue_pair = 0;
    uint32_t queue_key = 0;
  };

  explicit Destinations(const Rdma& rdma) : rdma_(rdma) {}
  /** No send may be under way any more. */
  ~Destinations() {
    for (const Destination& each : list_) {
      if (each.handle != nullptr) rdma_.ibv_destroy_ah(each.handle);
    }
    for (const Retired& each : retired_) rdma_.ibv_destroy_ah(each.handle);
  }

  /** Takes over the handle. The one before it is destroyed when the sends up to number `posted` have completed. */
  void Set(uint32_t number, const Destination& destination, uint64_t posted) {
    if (number >= list_.size()) list_.resize(number + 1);
    if (list_[number].handle != nullptr) retired_.push_back({list_[number].handle, posted});
    list_[number] = destination;
  }

  /** nullptr if nothing is known of it. */
  const Destination* Find(uint32_t number) const {
    return number < list_.size() && list_[number].handle != nullptr ? &list_[number] : nullptr;
  }

  void Completed(uint64_t number) {
    while (!retired_.empty() && retired_.front().posted <= number) {
      rdma_.ibv_destroy_ah(retired_.front().handle);
      retired_.pop_front();
    }
  }

 private:
  struct Retired {
    ibv_ah* handle;
    uint64_t posted;
  };

  const Rdma& rdma_;
  std::vector<Destination> list_;
  std::deque<Retired> retired_;
};

}  // namespace coterie
