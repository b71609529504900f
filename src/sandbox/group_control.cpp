// Files of control groups; see group_control.h.
#include "src/sandbox/group_control.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/sandbox/limits.h"
#include "cbuild/sandbox/usage.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/text.h"
#include "src/sandbox/cgroup_limits.h"
#include "src/sandbox/cgroup_parents.h"
#include "src/sandbox/oom_kills.h"

namespace cbuild::sandbox {

namespace {

/// "" where there is none.
std::string text_of(int group, const char* name) {
  constexpr std::size_t kMost = 1 << 16;
  const Fd file(::openat(group, name, O_RDONLY | O_CLOEXEC));
  if (!file) return "";
  std::string text(kMost, '\0');
  const ssize_t count = ::read(file.get(), text.data(), text.size());
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

bool has(int group, const std::string& name) noexcept {
  return ::faccessat(group, name.c_str(), F_OK, 0) == 0;
}

/// nullopt for what is no number: "max".
std::optional<std::uint64_t> number_in(int group, const char* name) {
  return parse_uint(trim(text_of(group, name)));
}

/// v1 has a number near the largest for "none".
std::uint64_t limit_in(int group, const char* name) {
  constexpr std::uint64_t kNone = std::uint64_t{1} << 60;
  const auto limit = number_in(group, name);
  return limit && *limit < kNone ? *limit : 0;
}

/// Sums "KEY=NUMBER" (v2) or the last words of lines with KEY (v1) over all devices.
std::uint64_t sum_of(const std::string& text, std::string_view key) {
  std::uint64_t sum = 0;
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> words = split(line, ' ');
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i].starts_with(std::string(key) + "="))
        sum += parse_uint(words[i].substr(key.size() + 1)).value_or(0);
      if (words[i] == key && i + 1 < words.size()) sum += parse_uint(words[i + 1]).value_or(0);
    }
  }
  return sum;
}

void read_memory(int group, Usage& usage, CountedUsage& counted) {
  for (const auto& [now, limit] : {std::pair("memory.current", "memory.max"),
                                   std::pair("memory.usage_in_bytes", "memory.limit_in_bytes")}) {
    const auto bytes = number_in(group, now);
    if (!bytes) continue;
    usage.memory = *bytes;
    usage.memory_limit = limit_in(group, limit);
    counted.memory = true;
  }
}

void read_cpu(int group, Usage& usage, CountedUsage& counted) {
  constexpr std::uint64_t kMicrosecond = 1000;
  const auto used = parse_event_count(text_of(group, "cpu.stat"), "usage_usec");
  const auto old = number_in(group, "cpuacct.usage");
  if (!used && !old) return;
  usage.cpu = used ? *used * kMicrosecond : *old;
  counted.cpu = true;
}

bool is_v2(int group) noexcept {
  return has(group, "cgroup.controllers");
}

/// The group that has the controller of a file; -1 = none.
int group_with(GroupDirectories groups, const std::string& name, CgroupVersion version) {
  const auto found = std::ranges::find_if(groups, [&](int group) {
    return is_v2(group) == (version == CgroupVersion::v2) && has(group, name);
  });
  return found == groups.end() ? -1 : *found;
}

/// v1 wants the limit of memory and swap to be the larger one at any moment, so the order of two
/// files depends on what they have: whichever is refused is written once more.
void write_all_of(const std::vector<CgroupFile>& files,
                  GroupDirectories groups,
                  CgroupVersion version) {
  std::vector<CgroupFile> left = files;
  for (std::size_t tries = 0; !left.empty(); ++tries) {
    std::vector<CgroupFile> refused;
    int error = 0;
    for (const CgroupFile& file : left) {
      const int group = group_with(groups, file.name, version);
      if (group < 0 && file.optional) continue;
      if (write_cgroup_file(group, file.name, file.text)) continue;
      error = errno;
      refused.push_back(file);
    }
    if (tries == files.size() && !refused.empty()) {
      throw Error(ErrorKind::machine, "{} cannot be changed: write {} to {}: {}",
                  refused.front().flag, refused.front().text, refused.front().name,
                  SysError::from_code(error, "write").what());
    }
    left = std::move(refused);
  }
}

std::vector<pid_t> processes_of(int group) {
  std::vector<pid_t> pids;
  for (const std::string& line : split(text_of(group, "cgroup.procs"), '\n')) {
    const auto pid = parse_uint(line);
    if (pid && *pid != 0) pids.push_back(static_cast<pid_t>(*pid));
  }
  return pids;
}

}  // namespace

bool freeze(GroupDirectories groups, bool frozen) {
  for (const int group : groups) {
    const bool v2 = has(group, "cgroup.freeze");
    const std::string file = v2 ? "cgroup.freeze" : "freezer.state";
    if (!v2 && !has(group, file)) continue;
    const std::string_view text = v2 ? (frozen ? "1" : "0") : (frozen ? "FROZEN" : "THAWED");
    if (!write_cgroup_file(group, file, text)) throw SysError("write {} to {}", text, file);
    return true;
  }
  return false;
}

CountedUsage read_usage(GroupDirectories groups, Usage& usage) {
  CountedUsage counted;
  for (const int group : groups) {
    read_memory(group, usage, counted);
    read_cpu(group, usage, counted);
    if (const auto pids = number_in(group, "pids.current")) {
      usage.processes = *pids;
      usage.process_limit = limit_in(group, "pids.max");
      counted.processes = true;
    }
    for (const char* file : {"io.stat", "blkio.throttle.io_service_bytes"}) {
      const std::string text = text_of(group, file);
      usage.read += sum_of(text, "rbytes") + sum_of(text, "Read");
      usage.written += sum_of(text, "wbytes") + sum_of(text, "Write");
    }
  }
  return counted;
}

void change_limits(GroupDirectories groups, const GroupLimits& limits) {
  for (const std::string_view controller : kLimitControllers) {
    bool is_kept = false;
    std::string_view flag;
    for (const CgroupVersion version : {CgroupVersion::v2, CgroupVersion::v1}) {
      std::vector<CgroupFile> files = cgroup_files(controller, version, limits);
      if (controller == "pids" && limits.pids == kUnlimited)
        files = {{"--pids-limit", "pids.max", "max"}};
      std::erase_if(files, [](const CgroupFile& file) { return file.text.empty(); });
      if (files.empty()) continue;
      flag = files.front().flag;
      if (group_with(groups, files.front().name, version) < 0) continue;
      write_all_of(files, groups, version);
      is_kept = true;
      break;
    }
    if (flag.empty() || is_kept) continue;
    throw Error(ErrorKind::machine,
                "{} cannot be changed: there is no control group with the {} controller", flag,
                controller)
        .with_hint("a sandbox has one when it is started with such a limit");
  }
}

void kill_all(GroupDirectories groups) noexcept {
  constexpr int kTries = 200;
  constexpr useconds_t kPause = 1000;
  try {
    for (int i = 0; i < kTries; ++i) {
      bool is_empty = true;
      for (const int group : groups) {
        const std::vector<pid_t> pids = processes_of(group);
        if (pids.empty()) continue;
        is_empty = false;
        if (write_cgroup_file(group, "cgroup.kill", "1")) continue;
        for (const pid_t pid : pids)
          ::kill(pid, SIGKILL);
      }
      if (is_empty) return;
      ::usleep(kPause);
    }
  } catch (const std::exception&) {  // no memory: what is left ends with its namespace
  }
}

}  // namespace cbuild::sandbox
