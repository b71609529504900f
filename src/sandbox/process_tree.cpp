// Reads /proc/PID/stat; see process_tree.h.
#include "src/sandbox/process_tree.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"

namespace cbuild::sandbox {

namespace {

std::optional<ProcessStat> stat_of(int proc, const std::string& name) {
  const Fd file(::openat(proc, (name + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(1024, '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size <= 0) return std::nullopt;
  return parse_process_stat(std::string_view(text).substr(0, static_cast<std::size_t>(size)));
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  // Source: proc_pid_stat(5); the name may have any character.
  enum Field { kParent = 1, kUserTime = 11, kChildrensTime = 14, kThreads = 17, kResident = 21 };

  const auto pid = parse_uint(text.substr(0, text.find(' ')));
  const auto end = text.rfind(')');
  if (!pid || end == std::string_view::npos || end + 2 > text.size()) return std::nullopt;
  const std::vector<std::string> words = split(std::string(trim(text.substr(end + 2))), ' ');
  if (words.size() <= kResident) return std::nullopt;
  const auto number = [&](std::size_t field) { return parse_uint(words[field]).value_or(0); };
  ProcessStat stat{.pid = static_cast<pid_t>(*pid),
                   .parent = static_cast<pid_t>(number(kParent)),
                   .threads = number(kThreads),
                   .resident = number(kResident)};
  for (std::size_t field = kUserTime; field <= kChildrensTime; ++field)
    stat.cpu += number(field);
  return stat;
}

std::vector<ProcessStat> with_descendants(const std::vector<ProcessStat>& all,
                                          const std::vector<pid_t>& roots) {
  std::set<pid_t> known(roots.begin(), roots.end());
  for (std::size_t before = 0; before != known.size();) {
    before = known.size();
    for (const ProcessStat& process : all) {
      if (known.contains(process.parent)) known.insert(process.pid);
    }
  }
  std::vector<ProcessStat> found;
  std::ranges::copy_if(all, std::back_inserter(found),
                       [&](const ProcessStat& process) { return known.contains(process.pid); });
  return found;
}

std::vector<ProcessStat> process_tree(const std::vector<pid_t>& roots) {
  const Fd proc = open_directory("/proc");
  std::vector<ProcessStat> all;
  for (const auto& [name, type] : list_directory(proc.get())) {
    if (!parse_uint(name)) continue;
    if (const auto stat = stat_of(proc.get(), name)) all.push_back(*stat);
  }
  return with_descendants(all, roots);
}

void signal_tree(const std::vector<pid_t>& roots, int number) {
  constexpr int kTries = 16;
  std::set<pid_t> signalled;
  for (int i = 0; i < kTries; ++i) {
    bool is_new = false;
    for (const ProcessStat& process : process_tree(roots)) {
      if (!signalled.insert(process.pid).second) continue;
      is_new = true;
      // By the directory: the id may mean another process in this pid namespace.
      const std::string path = "/proc/" + std::to_string(process.pid);
      const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      ::syscall(SYS_pidfd_send_signal, directory.get(), number, nullptr, 0);
    }
    if (!is_new) return;
  }
}

}  // namespace cbuild::sandbox
