// libqb's services and connections, and what waits for their clients.
#pragma once

#include <uv.h>

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "flow_control.h"
#include "libqb.h"
#include "poller.h"

namespace coterie {

/** What a record tells, in both directions: {u32 slot, u32 kind, u32 length, u32 detail}, then `length` bytes, padded to 8. */
enum Kind : uint32_t { kOpened = 0, kRequest = 1, kClosed = 2, kCaughtUp = 3, kResponse = 4, kEvent = 5 };
/** Detail of kClosed. */
enum Ending : uint32_t { kGone = 0, kBadSize = 1, kUndeliverable = 2 };
/** A connection that the router does not take requests of. */
enum class Hold { kNone = 0, kFlowControl = 1, kNotRead = 2 };

constexpr uint32_t kRecordHeader = 16;
constexpr uint32_t kSlots = 1024;
/** Longest message in either direction: an engine's largest and headers around it. */
constexpr uint32_t kMaxFrame = 1024 * 1024 + 64 * 1024;
/** What must be free in the inbox before libqb is called: a request, and news of every connection. */
constexpr uint32_t kInboxMargin = kMaxFrame + 4 * kSlots * kRecordHeader;

class Server {
 public:
  /** How the server calls JavaScript. */
  struct Host {
    /** Reads `length` bytes of records from the inbox. */
    std::function<void(uint32_t length)> records;
    /** 0, or the errno for the client. */
    std::function<int(int service, uint32_t slot, int pid, uid_t uid, gid_t gid)> accept;
  };

  Server(const Libqb* qb, uv_loop_t* loop, OpenHandles* handles, Host host);
  ~Server();

  /** Memory of JavaScript's: the inbox, and for each slot the bytes that wait (kSlots). */
  void SetMemory(uint8_t* inbox, uint32_t size, uint32_t* waiting);

  /** 0 or a negative errno; -EADDRINUSE: another daemon has the name. */
  int Serve(const std::string& name, int service, bool sockets);
  /** Sends records of kResponse and kEvent; copies what cannot go at once. */
  void Send(const uint8_t* records, uint32_t length);
  void Hold(uint32_t slot, Hold hold);
  /** JavaScript has done with this slot: its connection, if it is still there, ends. */
  void Release(uint32_t slot);
  void Stop();

 private:
  struct Slot {
    uint32_t index;
    qb_ipcs_connection_t* connection;
    const char* service = "";
    pid_t pid;
    uid_t uid;
    /** Sockets of the connection. */
    std::vector<int> fds;
    bool released = false;
    bool ending = false;
    std::deque<std::vector<uint8_t>> responses;
    std::deque<std::vector<uint8_t>> events;
    FlowControl flow;
  };
  struct Service {
    std::string name;
    int number;
    qb_ipcs_service_t* handle;
  };

  /** libqb's poll handlers have no context: the server on whose behalf libqb is called. */
  static thread_local Server* current_;

  static int32_t OnAccept(qb_ipcs_connection_t* connection, uid_t uid, gid_t gid);
  static void OnCreated(qb_ipcs_connection_t* connection);
  static int32_t OnRequest(qb_ipcs_connection_t* connection, void* data, size_t size);
  static int32_t OnClosed(qb_ipcs_connection_t* connection);
  static void OnDestroyed(qb_ipcs_connection_t* connection);
  static int32_t DispatchAdd(qb_loop_priority, int32_t fd, int32_t events, void* data, qb_ipcs_dispatch_fn_t fn);

  int32_t Accept(qb_ipcs_connection_t* connection, uid_t uid, gid_t gid);
  int32_t Take(Slot* slot, const void* data, size_t size);
  void Gone(qb_ipcs_connection_t* connection);
  Slot* SlotOf(qb_ipcs_connection_t* connection);
  Slot* FreeSlot();
  void Append(uint32_t slot, Kind kind, uint32_t detail, const void* data, uint32_t length);
  void HandOver();
  void End(Slot* slot, Ending ending);
  void EndAll();
  void FreeIfDone(Slot* slot);
  bool Deliver(Slot* slot, Kind kind, const uint8_t* data, uint32_t size);
  void Retry(Slot* slot);
  void RetryAll();
  void RetrySoon();
  void WatchHandshakes();

  const Libqb* qb_;
  uv_loop_t* loop_;
  OpenHandles* handles_;
  Host host_;
  Poller poller_;
  std::deque<Service> services_;
  std::array<std::unique_ptr<Slot>, kSlots> slots_;
  uint32_t next_slot_ = 0;
  /** Its connection is being made. */
  Slot* accepting_ = nullptr;
  bool serving_ = false;
  bool running_ = true;
  /** Connections to be taken down when libqb is not in the middle of something. */
  std::vector<std::pair<Slot*, Ending>> ending_;
  /** Slots with something in their queues. */
  std::unordered_set<uint32_t> queued_;
  uint8_t* inbox_ = nullptr;
  uint32_t inbox_size_ = 0;
  uint32_t filled_ = 0;
  uint32_t* waiting_ = nullptr;
  uv_check_t* check_;
  uv_timer_t* retry_;
  uv_timer_t* handshakes_;
};

}  // namespace coterie
