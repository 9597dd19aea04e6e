#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "address.h"
#include "rdma.h"

namespace coterie {

/** What two members tell each other of themselves when a path is set up (private data of rdma_cm). */
struct Hello {
  uint32_t node = 0;
  uint32_t queue_pair = 0;
  /** Largest datagram, bytes. */
  uint32_t mtu = 0;
};

/** What happens on the connection manager's event channel. */
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  virtual void Joined(const rdma_ud_param& group) = 0;
  /** The group could not be joined, or was lost. */
  virtual void GroupLost(int status) = 0;
  virtual void Established(uint32_t path, const rdma_ud_param& peer, const Hello& hello) = 0;
  virtual void PathFailed(uint32_t path, const char* step, int status) = 0;
  /** A member sets up its path to here. May it? */
  virtual bool Requested(const std::string& address, const Hello& hello) = 0;
  /** The device is going away: everything on it has to be closed. */
  virtual void DeviceRemoved() = 0;
  /** The address has moved to another port. */
  virtual void AddressChanged() = 0;
};

/**
 * The identifiers of rdma_cm: one that is bound to the own address, has the queue pair and joins the group; one that
 * listens; and one for each path that is being set up. A path that is set up needs none: datagrams have no connection.
 */
class Connections {
 public:
  Connections(const Rdma& rdma, ConnectionEvents* events);
  /** The queue pair has to be destroyed before. */
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /** Binds to the own address, and so to a device. An errno, with the call that failed in `call`. */
  int Bind(const Address& own, std::string* call);
  /** Members may set up paths from now on. `own.port` is where they ask. An errno. */
  int Listen(Address own, const Hello& hello);
  int Join(Address group);
  /** Starts to set up a path, in place of an attempt for the same path. An errno. */
  int Connect(uint32_t path, Address peer, int timeout_ms);
  /** Gives the attempt up, if there is one. */
  void Cancel(uint32_t path);

  rdma_cm_id* bound() const { return bound_; }
  int fd() const { return channel_->fd; }
  /** Handles events that have come, up to a limit. */
  void Read();
  /** Read does not touch this object any more after an event handler has set it. */
  void Stop() { stopped_ = true; }

 private:
  /** The context of an identifier that sets up a path. */
  struct Attempt {
    uint32_t path;
    rdma_cm_id* id;
  };
  /** An event, detached from what rdma_cm frees when it is acknowledged. */
  struct Event {
    rdma_cm_event_type type;
    rdma_cm_id* id;
    int status;
    rdma_ud_param peer;
    Hello hello;
    bool hello_valid;
  };

  void Handle(const Event& event);
  void Answer(const Event& event);
  void Proceed(const Event& event, uint32_t path);
  void Fail(uint32_t path, const char* step, int status);

  const Rdma& rdma_;
  ConnectionEvents* const events_;
  rdma_event_channel* channel_;
  rdma_cm_id* bound_ = nullptr;
  rdma_cm_id* listener_ = nullptr;
  Address own_;
  Hello hello_;
  bool stopped_ = false;
  std::unordered_map<uint32_t, std::unique_ptr<Attempt>> attempts_;
};

}  // namespace coterie
