// Log messages for debugging. What users must know is not logged but reported
// (Progress, Error).
#pragma once

#include <fmt/core.h>

#include <string_view>
#include <utility>

namespace cbuild {

enum class LogLevel { error, warning, info, debug };

/// The only global state of the program. Set once by main().
void set_log_level(LogLevel level) noexcept;
LogLevel log_level() noexcept;

/// One line on stderr, "cbuild: debug: text". Thread-safe.
void log_line(LogLevel level, std::string_view text) noexcept;

template <typename... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  if (log_level() >= LogLevel::debug) {
    log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  if (log_level() >= LogLevel::info) {
    log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  if (log_level() >= LogLevel::warning) {
    log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
  }
}

}  // namespace cbuild
