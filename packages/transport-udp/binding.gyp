{
  "targets": [
    {
      "target_name": "udp",
      "sources": ["native/addon.cc", "native/open.cc", "native/receiver.cc", "native/sender.cc"],
      "include_dirs": ["<!@(node -p \"require('node-addon-api').include\")"],
      "defines": [
        "NAPI_VERSION=9",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "SOURCE_HASH=<!(node native/source-hash.mjs)"
      ],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-fvisibility=hidden"]
    }
  ]
}
