// --log-driver and --log-opt
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cbuild::cli {

/// Where the output of a container is kept.
struct LogSettings {
  enum class Driver { json_file, local, none };
  static constexpr std::uint64_t kDefaultSize = 20'000'000;

  Driver driver = Driver::json_file;
  std::uint64_t max_size = kDefaultSize;  ///< bytes of one file; 0 = no limit
  int max_file = 3;                       ///< files, the one that is written to included
  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

/// docker's flags: the driver (empty = json-file) and KEY=VALUE options: max-size (decimal units;
/// -1 = no limit) and max-file (at least 1). Others are refused by name.
/// @throws Error(usage) with docker's words, in the context of the flag
LogSettings parse_log_flags(const std::string& driver, const std::vector<std::string>& options);

}  // namespace cbuild::cli
