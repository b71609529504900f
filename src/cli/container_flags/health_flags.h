// --health-cmd, --health-interval, … and --no-healthcheck
#pragma once

#include <optional>
#include <string>

namespace cbuild::oci {
struct HealthCheck;
}

namespace cbuild::cli {

/// As given; empty = not given.
struct HealthFlags {
  std::string command;
  std::string interval;
  std::string timeout;
  std::string start_period;
  std::string start_interval;
  std::string retries;
  bool none = false;  ///< --no-healthcheck
};

/// The health check that the flags ask for; nullopt without any of them. Its members that were not
/// given are empty or 0: those of the image count, then docker's defaults. The command is run by
/// the shell ("CMD-SHELL"); --no-healthcheck is the test "NONE".
/// @throws Error(usage) for a duration that is negative or below 1 ms, and for contradicting flags
std::optional<oci::HealthCheck> parse_health_flags(const HealthFlags& flags);

}  // namespace cbuild::cli
