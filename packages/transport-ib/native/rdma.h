// The functions of libibverbs and librdmacm that are used, looked up at run time: the addon loads without the libraries.
#pragma once

#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>

#include <string>

// Macros over functions of the same name, which would be linked.
#undef ibv_query_port
#undef ibv_reg_mr

namespace coterie {

#define COTERIE_VERBS(X)      \
  X(ibv_ack_async_event)      \
  X(ibv_ack_cq_events)        \
  X(ibv_alloc_pd)             \
  X(ibv_attach_mcast)         \
  X(ibv_close_device)         \
  X(ibv_create_ah)            \
  X(ibv_create_comp_channel)  \
  X(ibv_create_cq)            \
  X(ibv_dealloc_pd)           \
  X(ibv_dereg_mr)             \
  X(ibv_destroy_ah)           \
  X(ibv_destroy_comp_channel) \
  X(ibv_destroy_cq)           \
  X(ibv_detach_mcast)         \
  X(ibv_free_device_list)     \
  X(ibv_get_async_event)      \
  X(ibv_get_cq_event)         \
  X(ibv_get_device_list)      \
  X(ibv_get_device_name)      \
  X(ibv_open_device)          \
  X(ibv_query_device)         \
  X(ibv_query_gid)            \
  X(ibv_query_port)           \
  X(ibv_reg_mr)               \
  X(_ibv_query_gid_table)

#define COTERIE_RDMACM(X)       \
  X(rdma_accept)                \
  X(rdma_ack_cm_event)          \
  X(rdma_bind_addr)             \
  X(rdma_connect)               \
  X(rdma_create_event_channel)  \
  X(rdma_create_id)             \
  X(rdma_create_qp)             \
  X(rdma_destroy_event_channel) \
  X(rdma_destroy_id)            \
  X(rdma_destroy_qp)            \
  X(rdma_get_cm_event)          \
  X(rdma_join_multicast)        \
  X(rdma_listen)                \
  X(rdma_reject)                \
  X(rdma_resolve_addr)          \
  X(rdma_resolve_route)

struct Rdma {
#define COTERIE_DECLARE(name) decltype(&::name) name = nullptr;
  COTERIE_VERBS(COTERIE_DECLARE)
  COTERIE_RDMACM(COTERIE_DECLARE)
#undef COTERIE_DECLARE
};

/** The libraries of this machine, loaded once; nullptr with what is missing in `reason`. */
const Rdma* LoadRdma(std::string* reason);

/** State and MTU of a port; false with errno set. */
bool QueryPort(const Rdma& rdma, ibv_context* context, uint8_t port, ibv_port_attr* out);

/** Bytes that a datagram may have where `mtu` is the active one of the port. */
inline uint32_t BytesOf(ibv_mtu mtu) { return 128u << mtu; }

}  // namespace coterie
