#include "rdma.h"

#include <dlfcn.h>

#include <cerrno>
#include <cstring>

namespace coterie {

namespace {

/** The sonames are part of the libraries' contract: what is looked up below is the same in all versions of them. */
constexpr const char* kVerbs = "libibverbs.so.1";
constexpr const char* kRdmaCm = "librdmacm.so.1";

void* Open(const char* name, std::string* reason) {
  void* const library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) *reason = dlerror();
  return library;
}

template <typename Function>
bool Find(void* library, const char* name, Function* out, std::string* reason) {
  *out = reinterpret_cast<Function>(dlsym(library, name));
  if (*out == nullptr) *reason = dlerror();
  return *out != nullptr;
}

bool Load(Rdma* rdma, std::string* reason) {
  void* const verbs = Open(kVerbs, reason);
  if (verbs == nullptr) return false;
  void* const cm = Open(kRdmaCm, reason);
  if (cm == nullptr) return false;
#define COTERIE_FIND_VERBS(name) \
  if (!Find(verbs, #name, &rdma->name, reason)) return false;
#define COTERIE_FIND_CM(name) \
  if (!Find(cm, #name, &rdma->name, reason)) return false;
  COTERIE_VERBS(COTERIE_FIND_VERBS)
  COTERIE_RDMACM(COTERIE_FIND_CM)
#undef COTERIE_FIND_VERBS
#undef COTERIE_FIND_CM
  return true;
}

}  // namespace

const Rdma* LoadRdma(std::string* reason) {
  static Rdma rdma;
  static bool loaded = false;
  // Asked again after a failure: the libraries may have been installed meanwhile.
  if (!loaded) loaded = Load(&rdma, reason);
  return loaded ? &rdma : nullptr;
}

bool QueryPort(const Rdma& rdma, ibv_context* context, uint8_t port, ibv_port_attr* out) {
  // The exported function fills in what all versions have, which is the head of the structure.
  std::memset(out, 0, sizeof *out);
  const int error = rdma.ibv_query_port(context, port, reinterpret_cast<_compat_ibv_port_attr*>(out));
  errno = error;
  return error == 0;
}

}  // namespace coterie
