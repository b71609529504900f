// --gpus all | COUNT | device=…,capabilities=…
#pragma once

#include <map>
#include <string>
#include <vector>

namespace cbuild::cli {

/// The graphics processors that a container asks for.
struct GpuRequest {
  static constexpr int kAll = -1;

  std::string driver;                ///< empty = any
  int count = 0;                     ///< kAll; 0 with `devices`
  std::vector<std::string> devices;  ///< numbers or UUIDs
  std::vector<std::string> capabilities = {"gpu"};
  std::map<std::string, std::string> options;
  friend bool operator==(const GpuRequest&, const GpuRequest&) = default;
};

/// docker's --gpus: "all", a count, or comma-separated key=value pairs; a list of devices stands in
/// quotes ('"device=0,1"'). Without devices and count, it is one.
/// @throws Error(usage) with docker's words, in the context of the flag
GpuRequest parse_gpu_flag(const std::string& text);

}  // namespace cbuild::cli
