// Who owns which memory until when, tried on a device of our own under AddressSanitizer: it writes into every buffer it is
// given and reads every packet when that leaves, so that memory which is freed or unregistered too early is noticed.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "../native/destinations.h"
#include "../native/receive_queue.h"
#include "../native/send_queue.h"

using namespace coterie;

#define MUST(condition)                                                     \
  do {                                                                      \
    if (!(condition)) {                                                     \
      std::fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
      std::exit(1);                                                         \
    }                                                                       \
  } while (0)

namespace {

struct Device {
  std::map<uint32_t, ibv_mr*> registered;
  std::deque<ibv_sge> receiving;
  std::deque<uint64_t> receiving_ids;
  struct Sending {
    uint64_t id;
    ibv_sge range;
    ibv_ah* to;
  };
  std::deque<Sending> sending;
  std::set<ibv_ah*> handles;
  uint32_t next_key = 1;
  size_t most_regions = 1000;
  /** The queue takes no more work requests than this. */
  size_t depth = 100000;

  bool Covers(const ibv_sge& range) const {
    const auto found = registered.find(range.lkey);
    if (found == registered.end()) return false;
    const uint64_t base = reinterpret_cast<uint64_t>(found->second->addr);
    return range.addr >= base && range.addr + range.length <= base + found->second->length;
  }

  /** Fills the next receive buffer to its end. */
  uint64_t Receive(uint8_t value) {
    MUST(!receiving.empty());
    const ibv_sge range = receiving.front();
    MUST(Covers(range));
    std::memset(reinterpret_cast<void*>(range.addr), value, range.length);
    const uint64_t id = receiving_ids.front();
    receiving.pop_front();
    receiving_ids.pop_front();
    return id;
  }

  /** Sends the next packet; returns its number and the sum of its bytes. */
  uint64_t Send(unsigned* sum) {
    MUST(!sending.empty());
    const Sending packet = sending.front();
    sending.pop_front();
    MUST(Covers(packet.range));
    MUST(handles.count(packet.to) == 1);
    *sum = 0;
    for (uint32_t i = 0; i < packet.range.length; i++) *sum += reinterpret_cast<uint8_t*>(packet.range.addr)[i];
    return packet.id;
  }
};

Device device;

ibv_mr* Register(ibv_pd*, void* base, size_t size, int) {
  if (device.registered.size() >= device.most_regions) {
    errno = ENOMEM;
    return nullptr;
  }
  ibv_mr* const mr = new ibv_mr{};
  mr->addr = base;
  mr->length = size;
  mr->lkey = device.next_key++;
  device.registered[mr->lkey] = mr;
  return mr;
}

int Deregister(ibv_mr* mr) {
  for (const auto& packet : device.sending) MUST(packet.range.lkey != mr->lkey);
  for (const auto& range : device.receiving) MUST(range.lkey != mr->lkey);
  MUST(device.registered.erase(mr->lkey) == 1);
  delete mr;
  return 0;
}

int DestroyHandle(ibv_ah* handle) {
  for (const auto& packet : device.sending) MUST(packet.to != handle);
  MUST(device.handles.erase(handle) == 1);
  delete handle;
  return 0;
}

int PostReceive(ibv_qp*, ibv_recv_wr* request, ibv_recv_wr** refused) {
  for (; request != nullptr; request = request->next) {
    if (device.receiving.size() == device.depth) {
      *refused = request;
      return ENOMEM;
    }
    MUST(request->num_sge == 1 && device.Covers(*request->sg_list));
    device.receiving.push_back(*request->sg_list);
    device.receiving_ids.push_back(request->wr_id);
  }
  return 0;
}

int PostSend(ibv_qp*, ibv_send_wr* request, ibv_send_wr** refused) {
  for (; request != nullptr; request = request->next) {
    if (device.sending.size() == device.depth) {
      *refused = request;
      return ENOMEM;
    }
    MUST(device.Covers(*request->sg_list));
    device.sending.push_back({request->wr_id, *request->sg_list, request->wr.ud.ah});
  }
  return 0;
}

struct Setting {
  Rdma rdma;
  ibv_context context{};
  ibv_pd pd{};
  ibv_qp qp{};
  Setting() {
    device = Device();
    rdma.ibv_reg_mr = Register;
    rdma.ibv_dereg_mr = Deregister;
    rdma.ibv_destroy_ah = DestroyHandle;
    context.ops.post_recv = PostReceive;
    context.ops.post_send = PostSend;
    qp.context = &context;
  }
  /** What destroying a queue pair does: the device forgets its work. */
  void DestroyQueuePair() {
    device.receiving.clear();
    device.receiving_ids.clear();
    device.sending.clear();
  }
};

/** Memory that is freed when nothing pins it any more. */
Pin Pinned(uint8_t** base, size_t size) {
  *base = static_cast<uint8_t*>(std::malloc(size));
  return Pin(*base, std::free);
}

ibv_ah* NewHandle() {
  ibv_ah* const handle = new ibv_ah{};
  device.handles.insert(handle);
  return handle;
}

void ReceivesIntoWhatIsPosted() {
  Setting setting;
  std::weak_ptr<void> watched;
  {
    ReceiveQueue queue(setting.rdma, &setting.pd, &setting.qp, 100);
    uint8_t* base;
    Pin pin = Pinned(&base, 350);  // three buffers, and a rest that is nobody's
    watched = pin;
    MUST(queue.Post(7, base, 350, pin) == 0);
    pin.reset();
    MUST(!watched.expired());
    MUST(device.receiving.size() == 3);
    MUST(queue.Post(7, base, 350, watched.lock()) == EBUSY);
    ReceiveQueue::Arrival arrival;
    for (uint32_t i = 0; i < 3; i++) {
      MUST(queue.Take(device.Receive(static_cast<uint8_t>(i + 1)), &arrival));
      MUST(arrival.slab == 7 && arrival.offset == i * 100 && arrival.base == base);
      MUST(base[arrival.offset + 99] == i + 1);
      MUST(arrival.exhausted == (i == 2));
    }
    MUST(!queue.Take(kReceive | 7ull << 16, &arrival));
    MUST(!queue.Take(kReceive | 8ull << 16, &arrival));
    MUST(!queue.Take(kReceive | 7ull << 16 | 3, &arrival));
    MUST(queue.Post(7, base, 350, watched.lock()) == 0);
    MUST(device.registered.size() == 1);
    setting.DestroyQueuePair();
  }
  MUST(watched.expired());
  MUST(device.registered.empty());
}

void KeepsNothingOfASlabThatIsRefused() {
  Setting setting;
  device.most_regions = 0;
  ReceiveQueue queue(setting.rdma, &setting.pd, &setting.qp, 100);
  uint8_t* base;
  std::weak_ptr<void> watched;
  {
    const Pin pin = Pinned(&base, 300);
    watched = pin;
    MUST(queue.Post(0, base, 300, pin) == ENOMEM);
  }
  MUST(watched.expired());
  MUST(device.receiving.empty());
}

void AccountsForASlabThatIsTakenInPart() {
  Setting setting;
  device.depth = 2;
  ReceiveQueue queue(setting.rdma, &setting.pd, &setting.qp, 100);
  uint8_t* base;
  const Pin pin = Pinned(&base, 500);
  MUST(queue.Post(0, base, 500, pin) == 0);
  ReceiveQueue::Arrival arrival;
  MUST(queue.Take(device.Receive(1), &arrival) && !arrival.exhausted);
  MUST(queue.Take(device.Receive(2), &arrival) && arrival.exhausted);
  setting.DestroyQueuePair();
}

void DestroysHandlesWhenNothingGoesThere() {
  Setting setting;
  Destinations destinations(setting.rdma);
  destinations.Set(3, {NewHandle(), 1, 2}, 0);
  MUST(destinations.Find(2) == nullptr && destinations.Find(4) == nullptr);
  destinations.Set(3, {NewHandle(), 5, 6}, 10);
  MUST(destinations.Find(3)->queue_pair == 5);
  destinations.Completed(9);
  MUST(device.handles.size() == 2);
  destinations.Completed(10);
  MUST(device.handles.size() == 1);
}

/** A long life at random: blocks come and go, more of them than may be registered, and members get new handles. */
void SendsFromMemoryThatStays(unsigned seed, size_t most_regions) {
  Setting setting;
  device.most_regions = most_regions;
  std::mt19937 chance(seed);
  constexpr size_t kSize = 512;
  std::map<uint64_t, unsigned> expected;
  size_t refused = 0;
  {
    SendQueue queue(setting.rdma, &setting.pd, &setting.qp, 32, 6);
    Destinations destinations(setting.rdma);
    for (uint32_t to = 0; to < 3; to++) destinations.Set(to, {NewHandle(), to, 1}, 0);
    for (int round = 0; round < 3000; round++) {
      std::vector<SendQueue::Packet> packets;
      std::vector<Region*> held;
      for (uint32_t block = chance() % 3; block > 0; block--) {
        uint8_t* base;
        Pin pin = Pinned(&base, kSize);
        std::memset(base, static_cast<int>(chance() % 256), kSize);
        Region* const region = queue.RegionOf(base, kSize, [&] { return pin; });
        if (region == nullptr) {
          refused++;
          continue;
        }
        MUST(queue.RegionOf(base, kSize, [] { return Pin(); }) == region);
        region->in_use++;
        held.push_back(region);
        for (uint32_t i = chance() % 4; i > 0; i--) {
          packets.push_back({region, base + chance() % 256, 1 + static_cast<uint32_t>(chance() % 256),
                             destinations.Find(chance() % 3)});
        }
      }
      const uint64_t first = queue.posted() + 1;
      const uint32_t room = queue.room();
      const uint32_t taken = queue.Post(packets.data(), static_cast<uint32_t>(packets.size()));
      MUST(taken == std::min<size_t>(room, packets.size()));
      for (Region* each : held) each->in_use--;
      for (uint32_t i = 0; i < taken; i++) {
        unsigned sum = 0;
        for (uint32_t k = 0; k < packets[i].length; k++) sum += packets[i].bytes[k];
        expected[first + i] = sum;
      }
      MUST(queue.regions() <= std::min<size_t>(6, most_regions));
      if (chance() % 8 == 0) destinations.Set(chance() % 3, {NewHandle(), 1, 1}, queue.posted());
      uint64_t last = 0;
      for (uint32_t i = chance() % 6; i > 0 && !device.sending.empty(); i--) {
        unsigned sum;
        last = device.Send(&sum);
        MUST(expected.at(last) == sum);
      }
      if (last > 0) {
        MUST(queue.Complete(last));
        destinations.Completed(last);
      }
    }
    MUST(!queue.Complete(queue.posted() + 1));
    MUST(queue.posted() > 1000);
    MUST(refused > 0 || most_regions > 3);
    setting.DestroyQueuePair();
  }
  MUST(device.registered.empty());
  MUST(device.handles.empty());
}

}  // namespace

int main(int argc, char**) {
  ReceivesIntoWhatIsPosted();
  KeepsNothingOfASlabThatIsRefused();
  AccountsForASlabThatIsTakenInPart();
  DestroysHandlesWhenNothingGoesThere();
  for (unsigned seed = 1; seed <= 10; seed++) {
    SendsFromMemoryThatStays(seed, 1000);
    SendsFromMemoryThatStays(seed, 3);
  }
  if (argc > 1) {
    // A mistake on purpose: the queue ends while its buffers are with the device.
    Setting setting;
    uint8_t* base;
    const Pin pin = Pinned(&base, 300);
    ReceiveQueue queue(setting.rdma, &setting.pd, &setting.qp, 100);
    MUST(queue.Post(0, base, 300, pin) == 0);
  }
  std::puts("ok");
  return 0;
}
