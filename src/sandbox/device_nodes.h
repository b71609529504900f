// The devices that a step has: harmless ones.
#pragma once

namespace cbuild::sandbox {

struct DeviceNode {
  const char* name;
  unsigned major;
  unsigned minor;
};

inline constexpr DeviceNode kDevices[] = {
    {"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
    {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
};

}  // namespace cbuild::sandbox
