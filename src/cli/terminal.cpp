// The streams of the process; see terminal.h.
#include "src/cli/terminal.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/shared_stream.h"
#include "cbuild/util/text.h"
#include "src/cli/progress_text.h"

namespace cbuild::cli {

void write_result(std::string_view text) {
  SharedSink(STDOUT_FILENO, "standard output").write(as_bytes(text));
}

Fd duplicate_of_stdin() {
  return with_context("standard input", [] { return duplicate(STDIN_FILENO); });
}

void write_to_stderr(std::string_view text) {
  static const SharedSink stream(STDERR_FILENO);
  try {
    stream.try_write(as_bytes(text));
  } catch (const Error&) {  // there is no other place to report it
  }
}

void warn(std::string_view text) {
  write_to_stderr(fmt::format("cbuild: warning: {}\n", printable(text)));
}

bool is_smart_terminal(int fd, const std::optional<std::string>& term) {
  return ::isatty(fd) == 1 && term && !term->empty() && *term != "dumb";
}

ScreenSize stderr_size() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {};
  }
  return {.columns = size.ws_col, .rows = size.ws_row};
}

bool is_utf8_locale(const EnvironmentLookup& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = environment(name);
    if (!value || value->empty()) continue;
    const std::string lower = to_lower(*value);
    return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
  }
  return false;
}

double monotonic_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::int64_t wall_clock_seconds() {
  return std::time(nullptr);
}

std::string current_directory() {
  std::array<char, PATH_MAX> path{};
  if (::getcwd(path.data(), path.size()) == nullptr) throw SysError("current directory");
  return path.data();
}

}  // namespace cbuild::cli
