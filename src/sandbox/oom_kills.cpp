// Reads the oom_kill counters of a control group; see oom_kills.h.
#include "src/sandbox/oom_kills.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

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

/// 0 where it cannot be read.
std::uint64_t count_in(int file, std::string_view key) noexcept {
  std::array<char, 512> buffer;
  const ssize_t count = ::pread(file, buffer.data(), buffer.size(), 0);
  if (count <= 0) return 0;
  return parse_event_count({buffer.data(), static_cast<std::size_t>(count)}, key).value_or(0);
}

std::uint64_t read_kills(int file) noexcept {
  return count_in(file, "oom_kill");
}

/// A file with one number.
std::optional<std::uint64_t> read_number(int directory, const char* name) noexcept {
  const Fd file(::openat(directory, name, O_RDONLY | O_CLOEXEC));
  std::array<char, 32> buffer;
  const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
  if (count <= 0) return std::nullopt;
  return parse_uint(trim({buffer.data(), static_cast<std::size_t>(count)}));
}

}  // namespace

std::optional<std::uint64_t> parse_event_count(std::string_view text,
                                               std::string_view key) noexcept {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key) && line.substr(key.size()).starts_with(' ')) {
      return parse_uint(line.substr(key.size() + 1));
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

MemoryUse read_memory_use(int directory) {
  const Fd events(::openat(directory, "memory.events", O_RDONLY | O_CLOEXEC));
  if (events) {
    return {.limit_reached = count_in(events.get(), "oom") > 0,
            .peak = read_number(directory, "memory.peak").value_or(0)};
  }
  // memory.failcnt counts no refusals of memory and swap together (Linux 6.15 and newer).
  constexpr std::uint64_t kSlack = 16;  // memory is charged by the batch
  const std::uint64_t peak = read_number(directory, "memory.max_usage_in_bytes").value_or(0);
  const auto limit = read_number(directory, "memory.limit_in_bytes");
  return {.limit_reached = limit && peak >= *limit - *limit / kSlack, .peak = peak};
}

Fd open_oom_kills() {
  // The nearest group that has the controller: below it nobody counts.
  for (const std::string& path : cgroup_directories("memory").paths) {
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
