// The server side of libqb, looked up when it is needed: the addon loads on machines without it.
#pragma once

#include <qb/qbipcs.h>

#include <string>

namespace coterie {

struct Libqb {
  decltype(&qb_ipcs_create) create;
  decltype(&qb_ipcs_enforce_buffer_size) enforce_buffer_size;
  decltype(&qb_ipcs_poll_handlers_set) poll_handlers_set;
  decltype(&qb_ipcs_run) run;
  decltype(&qb_ipcs_destroy) destroy;
  decltype(&qb_ipcs_request_rate_limit) request_rate_limit;
  decltype(&qb_ipcs_response_send) response_send;
  decltype(&qb_ipcs_event_send) event_send;
  decltype(&qb_ipcs_disconnect) disconnect;
  decltype(&qb_ipcs_context_set) context_set;
  decltype(&qb_ipcs_context_get) context_get;
  decltype(&qb_ipcs_service_id_get) service_id_get;
  decltype(&qb_ipcs_connection_stats_get) connection_stats_get;
  decltype(&qb_ipcs_connection_get_buffer_size) connection_get_buffer_size;

  /** The library of this machine; nullptr, and why, if it cannot be loaded. */
  static const Libqb* Load(std::string* why);
};

}  // namespace coterie
