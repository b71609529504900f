// Reads the oom_kill counters of a control group; see oom_kills.h.
#include "src/sandbox/oom_kills.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/sandbox/cgroup_directories.h"

namespace cbuild::sandbox {

namespace {

/// By the version of cgroups.
Fd open_count(int directory) noexcept {
  Fd file(::openat(directory, "memory.events", O_RDONLY | O_CLOEXEC));
  if (!file) file = Fd(::openat(directory, "memory.oom_control", O_RDONLY | O_CLOEXEC));
  return file;
}

std::uint64_t read_kills(int file) noexcept {
  std::array<char, 512> buffer;
  const ssize_t count = ::pread(file, buffer.data(), buffer.size(), 0);
  if (count <= 0) return 0;
  return parse_oom_kills({buffer.data(), static_cast<std::size_t>(count)}).value_or(0);
}

}  // namespace

std::optional<std::uint64_t> parse_oom_kills(std::string_view text) noexcept {
  constexpr std::string_view kKey = "oom_kill ";
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(kKey)) return parse_uint(line.substr(kKey.size()));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

Fd open_oom_kills() {
  // The nearest group that has the controller: below it nobody counts.
  for (const std::string& path :
       cgroup_directories("memory", read_file_if_exists("/proc/self/mountinfo").value_or(""),
                          read_file_if_exists("/proc/self/cgroup").value_or(""))) {
    const Fd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (Fd file = open_count(directory.get())) return file;
  }
  return {};
}

OomKills::OomKills(int directory, const Fd& own)
    : given_(directory >= 0 ? open_count(directory) : Fd()),
      file_(given_ ? given_.get() : own.get()),
      before_(read_kills(file_)) {}

bool OomKills::any() const noexcept {
  return read_kills(file_) > before_;
}

}  // namespace cbuild::sandbox
