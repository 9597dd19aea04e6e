#include "libqb.h"

#include <dlfcn.h>

namespace coterie {

namespace {

template <typename Function>
bool Find(void* library, const char* name, Function* out) {
  *out = reinterpret_cast<Function>(dlsym(library, name));
  return *out != nullptr;
}

bool FindAll(void* library, Libqb* qb) {
  return Find(library, "qb_ipcs_create", &qb->create) &&
         Find(library, "qb_ipcs_enforce_buffer_size", &qb->enforce_buffer_size) &&
         Find(library, "qb_ipcs_poll_handlers_set", &qb->poll_handlers_set) &&
         Find(library, "qb_ipcs_run", &qb->run) && Find(library, "qb_ipcs_destroy", &qb->destroy) &&
         Find(library, "qb_ipcs_request_rate_limit", &qb->request_rate_limit) &&
         Find(library, "qb_ipcs_response_send", &qb->response_send) &&
         Find(library, "qb_ipcs_event_send", &qb->event_send) &&
         Find(library, "qb_ipcs_disconnect", &qb->disconnect) &&
         Find(library, "qb_ipcs_context_set", &qb->context_set) &&
         Find(library, "qb_ipcs_context_get", &qb->context_get) &&
         Find(library, "qb_ipcs_service_id_get", &qb->service_id_get) &&
         Find(library, "qb_ipcs_connection_stats_get", &qb->connection_stats_get) &&
         Find(library, "qb_ipcs_connection_get_buffer_size", &qb->connection_get_buffer_size);
}

}  // namespace

const Libqb* Libqb::Load(std::string* why) {
  static Libqb qb;
  static bool loaded = false;
  if (loaded) return &qb;
  void* library = dlopen("libqb.so.100", RTLD_NOW | RTLD_LOCAL);  // the ABI of libqb 2
  if (library != nullptr && FindAll(library, &qb)) {
    loaded = true;
    return &qb;
  }
  const char* error = dlerror();
  *why = error == nullptr ? "libqb.so.100" : error;
  if (library != nullptr) dlclose(library);
  return nullptr;
}

}  // namespace coterie
