// --restart no | always | unless-stopped | on-failure[:COUNT]
#pragma once

#include <string>

namespace cbuild::cli {

/// When a container that has ended is started again.
struct RestartPolicy {
  enum class Mode { no, always, unless_stopped, on_failure };
  Mode mode = Mode::no;
  int most = 0;  ///< restarts of on_failure at most; 0 = no limit
  friend bool operator==(const RestartPolicy&, const RestartPolicy&) = default;
};

/// docker's --restart; "" is "no". @throws Error(usage) with docker's words, in the context of the
/// flag
RestartPolicy parse_restart_flag(const std::string& text);

}  // namespace cbuild::cli
