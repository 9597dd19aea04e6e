#include <napi.h>

#include "counter.h"
#include "devices.h"
#include "endpoint.h"

#define QUOTE(text) #text
#define QUOTE_VALUE(macro) QUOTE(macro)

namespace coterie {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Endpoint", Endpoint::Define(env));
  exports.Set("devices", Napi::Function::New(env, ListDevices));
  exports.Set("sourceHash", Napi::String::New(env, QUOTE_VALUE(SOURCE_HASH)));
  exports.Set("counters", Napi::Number::New(env, static_cast<double>(kCounters)));
  return exports;
}

NODE_API_MODULE(ib, Init)

}  // namespace coterie
