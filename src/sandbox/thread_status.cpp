// /proc/TID/status; see thread_status.h.
#include "src/sandbox/thread_status.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

namespace {

/// The value of a line "NAME:\tVALUE"; empty when there is none.
std::string_view value_of(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const std::size_t value = at + name.size();
    if ((at != 0 && text[at - 1] != '\n') || text.substr(value, 2) != ":\t") continue;
    return text.substr(value + 2, text.find('\n', value) - value - 2);
  }
  return {};
}

}  // namespace

ThreadStatus parse_thread_status(std::string_view text) {
  ThreadStatus status;
  const std::string_view umask = value_of(text, "Umask");
  mode_t mode = 0;
  if (std::from_chars(umask.data(), umask.data() + umask.size(), mode, 8).ec == std::errc())
    status.umask = mode;
  status.no_new_privs = value_of(text, "NoNewPrivs") == "1";
  const std::string_view group = value_of(text, "Tgid");
  std::from_chars(group.data(), group.data() + group.size(), status.thread_group);
  const std::string_view numbers = value_of(text, "NSpid");
  const std::size_t last = numbers.rfind('\t') + 1;
  std::from_chars(numbers.data() + last, numbers.data() + numbers.size(), status.inner_number);
  return status;
}

ThreadStatus status_of(int proc, pid_t thread) {
  const std::string path = std::to_string(thread) + "/status";
  const Fd file(::openat(proc, path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text;
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size <= 0) return {};
  return parse_thread_status({text.data(), static_cast<std::size_t>(size)});
}

}  // namespace cbuild::sandbox
