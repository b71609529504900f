// Messages and hints about failed processes; see exec_failure.h.
#include "src/ops/exec_failure.h"

#include <sys/statvfs.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "cbuild/graph/op.h"
#include "cbuild/sandbox/exit_status.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/text.h"

namespace cbuild::ops {

namespace {

/// The hint that the disk of the store is full; empty when it is not.
std::string hint_about_space(const Fd& directory) {
  constexpr std::uint64_t kLeftOver = 64 << 10;
  constexpr std::uint64_t kInodesLeftOver = 16;
  constexpr std::string_view kRemedy =
      "'cbuild df' shows what the store contains, 'cbuild prune' removes what no image needs";
  struct statvfs space = {};
  if (::fstatvfs(directory.get(), &space) != 0) return {};
  if (space.f_bavail * space.f_frsize < kLeftOver) {
    return fmt::format("the file system of the store is full: {}", kRemedy);
  }
  // Some file systems (btrfs) count none.
  if (space.f_files != 0 && space.f_favail < kInodesLeftOver) {
    return fmt::format("the file system of the store has no inodes left for more files: {}",
                       kRemedy);
  }
  return {};
}

/// "['a']" or "[“a”]": an exec form with the wrong quotes.
bool looks_like_array(std::string_view text) {
  text = trim(text);
  if (!text.starts_with('[')) return false;
  text = trim(text.substr(1));
  return text.starts_with('\'') || text.starts_with('"') || text.starts_with("“");
}

/// A hint about the exit code of a shell, or about an exec form that is none; empty = no hint.
std::string hint_about(const graph::Exec& op, int code) {
  constexpr int kFalse = 1;  // of a test: `[ "$a" = b ]` begins like an array, too
  constexpr int kNotExecutable = 126;
  constexpr int kNotFound = 127;
  if (code != kFalse && looks_like_array(op.argv.back())) {
    return "the command begins with [ but is not a JSON array (strings in double quotes, separated "
           "by commas), so the shell ran it as text";
  }
  if (code == kNotFound)
    return "exit code 127: the shell did not find a program; check its spelling, and that the "
           "image contains it";
  if (code == kNotExecutable) {
    return "exit code 126: a file cannot be executed; COPY --chmod=755 makes it executable";
  }
  return {};
}

/// "64MiB", "1.5GiB": binary units, as the flags have them.
std::string in_binary_units(std::uint64_t bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < kUnits.size()) {
    amount /= 1024;
    ++unit;
  }
  std::string number = fmt::format("{:.1f}", amount);
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return number + kUnits[unit];
}

Error out_of_memory(const std::string& command, const sandbox::ExitStatus& status) {
  if (status.memory_limit == 0) {
    return Error(ErrorKind::build,
                 "process \"{}\" was killed: out of memory: this machine, or the control group "
                 "that cbuild runs in, has no more",
                 command);
  }
  const std::string peak =
      status.memory_peak == 0 ? "" : fmt::format(" (peak {})", in_binary_units(status.memory_peak));
  return Error(ErrorKind::build,
               "process \"{}\" was killed: out of memory: the step reached its limit of {}{}",
               command, in_binary_units(status.memory_limit), peak)
      .with_hint("if it needs more, raise the limit: --memory SIZE");
}

Error error_of(const graph::Exec& op, const sandbox::ExitStatus& status) {
  const std::string command = printable(join(op.argv, " "));
  if (status.out_of_memory) return out_of_memory(command, status);
  if (status.too_many_processes != 0) {
    return Error(ErrorKind::build,
                 "process \"{}\" was killed: it reached the limit of {} processes", command,
                 status.too_many_processes)
        .with_hint("if it needs more, raise the limit: --pids-limit NUMBER");
  }
  if (status.signal != 0) {
    const char* name = ::sigabbrev_np(status.signal);
    return Error(ErrorKind::build,
                 "process \"{}\" did not complete successfully: ended by signal {} (SIG{})",
                 command, status.signal, name != nullptr ? name : "?");
  }
  Error error(ErrorKind::build, "process \"{}\" did not complete successfully: exit code: {}",
              command, status.code);
  error.with_hint(hint_about(op, status.code));
  return error;
}

}  // namespace

Error failure_of(const graph::Exec& op, const sandbox::ExitStatus& status, const Fd& upper) {
  Error failure = error_of(op, status);
  // A full disk explains more than an exit code.
  if (std::string hint = hint_about_space(upper); !hint.empty()) {
    failure.with_hint(std::move(hint));
  }
  return failure;
}

}  // namespace cbuild::ops
