#include <uv.h>

#include <cerrno>
#include <string>

#include "address.h"
#include "rdma.h"

#include "devices.h"

namespace coterie {

namespace {

constexpr size_t kMaxGids = 256;

const char* GidTypeName(uint32_t type) {
  switch (type) {
    case IBV_GID_TYPE_IB:
      return "InfiniBand";
    case IBV_GID_TYPE_ROCE_V1:
      return "RoCE v1";
    default:
      return "RoCE v2";
  }
}

Napi::Array GidsOf(Napi::Env env, const Rdma& rdma, ibv_context* context, uint32_t port) {
  static ibv_gid_entry entries[kMaxGids];
  const Napi::Array list = Napi::Array::New(env);
  const ssize_t count = rdma._ibv_query_gid_table(context, entries, kMaxGids, 0, sizeof entries[0]);
  uint32_t next = 0;
  for (ssize_t i = 0; i < count; i++) {
    if (entries[i].port_num != port) continue;
    const Napi::Object one = Napi::Object::New(env);
    one.Set("gid", TextOf(GidOf(entries[i].gid)));
    one.Set("type", GidTypeName(entries[i].gid_type));
    list.Set(next++, one);
  }
  return list;
}

Napi::Array PortsOf(Napi::Env env, const Rdma& rdma, ibv_context* context) {
  const Napi::Array list = Napi::Array::New(env);
  ibv_device_attr limits{};
  if (rdma.ibv_query_device(context, &limits) != 0) return list;
  for (uint8_t port = 1; port <= limits.phys_port_cnt; port++) {
    ibv_port_attr found;
    if (!QueryPort(rdma, context, port, &found)) continue;
    const Napi::Object one = Napi::Object::New(env);
    one.Set("port", Napi::Number::New(env, port));
    one.Set("state", StateName(found.state));
    one.Set("linkLayer", found.link_layer == IBV_LINK_LAYER_ETHERNET ? "Ethernet" : "InfiniBand");
    one.Set("activeMtu", Napi::Number::New(env, BytesOf(found.active_mtu)));
    one.Set("gids", GidsOf(env, rdma, context, port));
    list.Set(list.Length(), one);
  }
  return list;
}

}  // namespace

Napi::Value ListDevices(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::string reason;
  const Rdma* const rdma = LoadRdma(&reason);
  if (rdma == nullptr) {
    ThrowNoLibrary(env, reason);
    return env.Undefined();
  }
  const Napi::Array list = Napi::Array::New(env);
  int count = 0;
  // Without RDMA in the kernel this fails with ENOSYS, which means: none.
  ibv_device** const devices = rdma->ibv_get_device_list(&count);
  for (int i = 0; i < count && devices != nullptr; i++) {
    ibv_context* const context = rdma->ibv_open_device(devices[i]);
    const Napi::Object one = Napi::Object::New(env);
    one.Set("name", rdma->ibv_get_device_name(devices[i]));
    one.Set("ports", context != nullptr ? PortsOf(env, *rdma, context) : Napi::Array::New(env));
    list.Set(static_cast<uint32_t>(i), one);
    if (context != nullptr) rdma->ibv_close_device(context);
  }
  if (devices != nullptr) rdma->ibv_free_device_list(devices);
  return list;
}

void ThrowSystemError(Napi::Env env, int error, const std::string& call) {
  Napi::Error thrown = Napi::Error::New(env, call + ": " + uv_strerror(-error) + " (" + uv_err_name(-error) + ")");
  thrown.Set("code", Napi::String::New(env, uv_err_name(-error)));
  thrown.Set("syscall", Napi::String::New(env, call));
  thrown.ThrowAsJavaScriptException();
}

void ThrowNoLibrary(Napi::Env env, const std::string& reason) {
  Napi::Error thrown = Napi::Error::New(env, reason);
  thrown.Set("code", Napi::String::New(env, "ELIBRARY"));
  thrown.ThrowAsJavaScriptException();
}

const char* StateName(ibv_port_state state) {
  switch (state) {
    case IBV_PORT_DOWN:
      return "down";
    case IBV_PORT_INIT:
      return "initialising";
    case IBV_PORT_ARMED:
      return "armed";
    case IBV_PORT_ACTIVE:
      return "active";
    case IBV_PORT_ACTIVE_DEFER:
      return "active, deferred";
    default:
      return "unknown";
  }
}

}  // namespace coterie
