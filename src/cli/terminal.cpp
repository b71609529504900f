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

#include "cbuild/util/io.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

void write_result(std::string_view text) {
  write_all(STDOUT_FILENO, as_bytes(text), "standard output");
}

Fd duplicate_of_stdin() {
  Fd fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!fd) throw SysError("standard input");
  return fd;
}

void write_to_stderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void warn(std::string_view text) {
  write_to_stderr(printable_lines(fmt::format("cbuild: warning: {}", text)));
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
