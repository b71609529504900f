// Parses --health-*; see health_flags.h.
#include "src/cli/container_flags/health_flags.h"

#include <chrono>
#include <limits>
#include <string_view>

#include "cbuild/oci/image_config.h"
#include "cbuild/util/error.h"
#include "cbuild/util/go_duration.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

std::int64_t parse_interval(std::string_view flag, const std::string& text) {
  using std::chrono::milliseconds;
  if (text.empty()) return 0;
  const auto duration = parse_go_duration(text);
  if (!duration) {
    throw Error(ErrorKind::usage,
                "{} '{}': invalid duration (want a number and its unit: 30s, 1m30s, 500ms)", flag,
                printable(text));
  }
  if (duration->count() < 0) {
    throw Error(ErrorKind::usage, "{} '{}': {} cannot be negative", flag, printable(text), flag);
  }
  if (duration->count() != 0 && *duration < milliseconds(1)) {
    throw Error(ErrorKind::usage, "{} '{}': it cannot be less than 1ms", flag, printable(text));
  }
  return duration->count();
}

int parse_retries(const std::string& text) {
  if (text.empty()) return 0;
  if (text.starts_with('-')) {
    throw Error(ErrorKind::usage, "--health-retries '{}': --health-retries cannot be negative",
                printable(text));
  }
  const auto number = parse_uint(text);
  if (number && *number <= std::numeric_limits<int>::max()) return static_cast<int>(*number);
  throw Error(ErrorKind::usage, "--health-retries '{}': want a number", printable(text));
}

bool any_given(const HealthFlags& flags) {
  return !(flags.command.empty() && flags.interval.empty() && flags.timeout.empty() &&
           flags.start_period.empty() && flags.start_interval.empty() && flags.retries.empty());
}

}  // namespace

std::optional<oci::HealthCheck> parse_health_flags(const HealthFlags& flags) {
  const bool any = any_given(flags);
  if (flags.none && any) {
    throw Error(ErrorKind::usage, "--no-healthcheck conflicts with --health-* options");
  }
  oci::HealthCheck check;
  if (flags.none) {
    check.test = {"NONE"};
    return check;
  }
  if (!any) return std::nullopt;
  if (!flags.command.empty()) check.test = {"CMD-SHELL", flags.command};
  check.interval = parse_interval("--health-interval", flags.interval);
  check.timeout = parse_interval("--health-timeout", flags.timeout);
  check.start_period = parse_interval("--health-start-period", flags.start_period);
  check.start_interval = parse_interval("--health-start-interval", flags.start_interval);
  check.retries = parse_retries(flags.retries);
  return check;
}

}  // namespace cbuild::cli
