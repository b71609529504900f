// The debug log; see log.h.
#include "cbuild/util/log.h"

#include <unistd.h>

#include <atomic>
#include <string>

#include "cbuild/util/shared_stream.h"
#include "cbuild/util/text.h"

namespace cbuild {

namespace {

std::atomic<LogLevel> level_now{
    LogLevel::warning};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "error";
    case LogLevel::warning:
      return "warning";
    case LogLevel::info:
      return "info";
    case LogLevel::debug:
      return "debug";
  }
  return "";
}

}  // namespace

void set_log_level(LogLevel level) noexcept {
  level_now.store(level);
}

LogLevel log_level() noexcept {
  return level_now.load();
}

void log_line(LogLevel level, std::string_view text) noexcept {
  try {
    const std::string line = fmt::format("cbuild: {}: {}\n", name_of(level), printable(text));
    SharedSink(STDERR_FILENO).try_write(as_bytes(line));
  } catch (...) {  // there is no other place to report it
  }
}

}  // namespace cbuild
