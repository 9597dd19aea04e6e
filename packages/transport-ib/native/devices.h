#pragma once

#include <infiniband/verbs.h>
#include <napi.h>

#include <string>

namespace coterie {

/**
 * Every RDMA device of this machine: `{ name, ports: [{ port, state, linkLayer, activeMtu, gids: [{ gid, type }] }] }`.
 * Throws what LoadRdma says if the libraries are missing.
 */
Napi::Value ListDevices(const Napi::CallbackInfo& info);

/** Throws an Error with `code` and `syscall`, as those of node. */
void ThrowSystemError(Napi::Env env, int error, const std::string& call);
/** The same for libraries that are missing: code ELIBRARY. */
void ThrowNoLibrary(Napi::Env env, const std::string& reason);

const char* StateName(ibv_port_state state);

}  // namespace coterie
