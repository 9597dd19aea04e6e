{
  "targets": [
    {
      "target_name": "ib",
      "sources": [
        "native/addon.cc",
        "native/connections.cc",
        "native/devices.cc",
        "native/direct_group.cc",
        "native/endpoint.cc",
        "native/queue_pair.cc",
        "native/rdma.cc",
        "native/receive_queue.cc",
        "native/send_queue.cc"
      ],
      "include_dirs": ["<!@(node -p \"require('node-addon-api').include\")"],
      "defines": [
        "NAPI_VERSION=9",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "SOURCE_HASH=<!(node native/source-hash.mjs)"
      ],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-fvisibility=hidden"],
      "libraries": ["-ldl"]
    }
  ]
}
