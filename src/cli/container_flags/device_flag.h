// --device HOST[:CONTAINER[:PERMISSIONS]]
#pragma once

#include <string>

namespace cbuild::cli {

/// A device node of this machine in the container, or a device by its CDI name.
struct DeviceRequest {
  std::string source;               ///< absolute path on this machine; empty with `cdi`
  std::string target;               ///< absolute path in the container
  std::string permissions = "rwm";  ///< letters of r, w, m (mknod), each at most once
  std::string cdi;                  ///< "vendor.com/class=name" (Container Device Interface)
  friend bool operator==(const DeviceRequest&, const DeviceRequest&) = default;
};

/// docker's --device. `HOST:rw` has permissions and no second path.
/// @throws Error(usage) with docker's words, in the context of the flag
DeviceRequest parse_device_flag(const std::string& text);

}  // namespace cbuild::cli
