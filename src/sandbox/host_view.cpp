// Finds the files and mounts to mask; see host_view.h.
#include "src/sandbox/host_view.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <memory>

#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/sandbox/signals_blocked.h"

namespace cbuild::sandbox {

namespace {

bool has_cgroup2() {
  struct statfs status {};

  return ::statfs("/sys/fs/cgroup", &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

/// The kernel writes blank, tab, newline and backslash as \ooo.
std::string unescape(std::string_view text) {
  constexpr std::size_t kDigits = 3;
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + kDigits < text.size()) {
      unsigned value = 0;
      for (const char digit : text.substr(i + 1, kDigits))
        value = value * 8 + static_cast<unsigned>(digit - '0');
      result += static_cast<char>(value);
      i += kDigits;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// Files in /proc that only root may read. An ordinary user is not root there and has
/// none.
void add_root_files(std::vector<std::string>& files) {
  const Fd proc = open_directory("/proc");

  struct stat status {};

  if (::fstat(proc.get(), &status) != 0 || status.st_uid != 0) return;
  for (const auto& [name, type] : list_directory(proc.get())) {
    if (type != DT_REG) continue;
    constexpr mode_t kReaders = S_IRUSR | S_IRGRP | S_IROTH;
    if (::fstatat(proc.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        (status.st_mode & kReaders) == S_IRUSR) {
      files.push_back("/proc/" + name);
    }
  }
}

/// Their counters tell what other programs do.
void add_thermal_counters(std::vector<std::string>& files) {
  const std::string directory = "/sys/devices/system/cpu";
  const Fd processors(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!processors) return;
  for (const auto& [name, type] : list_directory(processors.get())) {
    struct stat status {};

    const std::string path = name + "/thermal_throttle";
    if (name.starts_with("cpu") && ::fstatat(processors.get(), path.c_str(), &status, 0) == 0) {
      files.push_back(directory + "/" + path);
    }
  }
}

/// A child that shares our memory tries.
int try_to_name(void* allowed) noexcept {
  constexpr std::string_view kName = "trial";
  *static_cast<bool*>(allowed) = ::sethostname(kName.data(), kName.size()) == 0;
  ::_exit(0);
}

bool may_name_hosts() {
  constexpr std::size_t kStackSize = 64 * 1024;
  const auto stack = std::make_unique_for_overwrite<std::byte[]>(kStackSize);
  bool allowed = false;
  const SignalsBlocked blocked;
  const pid_t child = ::clone(try_to_name, stack.get() + kStackSize,
                              CLONE_VM | CLONE_VFORK | CLONE_NEWUTS, &allowed);
  if (child < 0) return true;  // the sandbox that cannot have its namespaces tells
  while (::waitpid(child, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  return allowed;
}

}  // namespace

std::vector<std::string> mounts_beneath(std::string_view mountinfo, std::string_view directory) {
  constexpr std::size_t kMountPoint = 4;
  std::vector<std::string> points;
  const std::string prefix = std::string(directory) + "/";
  for (const std::string& line : split(std::string(mountinfo), '\n')) {
    const std::vector<std::string> fields = split(line, ' ');
    if (fields.size() <= kMountPoint) continue;
    std::string point = unescape(fields[kMountPoint]);
    if (point.starts_with(prefix)) points.push_back(std::move(point));
  }
  std::ranges::sort(points);  // what is within another comes after it
  std::vector<std::string> topmost;
  for (std::string& point : points) {
    const bool within = std::ranges::any_of(topmost, [&](const std::string& above) {
      return point == above || point.starts_with(above + "/");
    });
    if (!within) topmost.push_back(std::move(point));
  }
  return topmost;
}

std::string own_host_line() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "";
  return fmt::format("127.0.0.1 {}\n", name.data());
}

bool proc_is_masked() {
  // Directories that are there to be mounted on hide nothing.
  constexpr std::array<std::string_view, 2> kMountPoints = {"/proc/sys/fs/binfmt_misc",
                                                            "/proc/fs/nfsd"};
  const auto points = mounts_beneath(read_file("/proc/self/mountinfo"), "/proc");
  return std::ranges::any_of(points, [&](const std::string& point) {
    return std::ranges::find(kMountPoints, point) == kMountPoints.end();
  });
}

HostView look_at_host() {
  HostView view;
  if (!may_name_hosts()) view.host_line = own_host_line();
  view.cgroup2 = has_cgroup2();
  view.sys_mounts = mounts_beneath(read_file("/proc/self/mountinfo"), "/sys");
  add_root_files(view.private_files);
  add_thermal_counters(view.private_files);
  return view;
}

}  // namespace cbuild::sandbox
