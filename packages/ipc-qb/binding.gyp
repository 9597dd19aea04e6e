{
  "targets": [
    {
      "target_name": "qb",
      "sources": ["native/addon.cc", "native/flow_control.cc", "native/libqb.cc", "native/poller.cc", "native/server.cc"],
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
