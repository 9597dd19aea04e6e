#pragma once

#include <cstddef>

namespace coterie {

/** Indexes of the counters that JavaScript shares with this addon; the order is that of src/counters.ts. */
enum Counter : size_t {
  kRxPackets,
  kRxBytes,
  kRxOwn,
  kRxUnlisted,
  kRxShort,
  kRxErrors,
  kTxPackets,
  kTxBytes,
  kTxFull,
  kTxTooLong,
  kTxMemory,
  kTxErrors,
  kCounters,
};

}  // namespace coterie
