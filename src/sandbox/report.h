// The report of a sandbox to its parent, in shared memory: errno of a failure, stubs, exit status.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>

namespace cbuild::sandbox {

/// A path that had to be changed so that something could be mounted.
struct StubEntry {
  bool made;           ///< by us; else a directory that overlayfs copied up because of us
  struct stat status;  ///< in the upper directory, when all mounts were done
  std::array<char, PATH_MAX> path;  ///< from the root, without links and without leading slash
};

/// In the order in which they came to be.
struct StubList {
  std::size_t count;
  std::array<StubEntry, 256> entries;
};

/// `doing` when a mount point does not fit.
inline constexpr const char* kMounting = "mount";
/// `doing` when the overlay of the root cannot be mounted.
inline constexpr const char* kMountingRoot = "mount the root";
/// `doing` when the supervisor cannot be asked about system calls.
inline constexpr const char* kInstallingNotifications = "install the filter of emulated calls";

/// Zero at the start. Pointers are to memory that the parent had before the clone: they mean the
/// same in both.
struct Report {
  std::uint32_t has_parent_death_signal;  ///< a futex: 1 = PR_SET_PDEATHSIG is set
  int error;                              ///< errno of the set-up; 0 = it succeeded
  int exec_error;                         ///< errno of the execve, which the parent has received
  const char* doing;
  const char* subject;      ///< may be null
  const char* executed;     ///< the path that the launcher was given; null = none was found
  bool shows_host;          ///< /proc or /sys are those of the host; see MountStep::or_that_of_host
  bool too_many_processes;  ///< the step had as many as it may have, and was ended
  bool ended;
  int wait_status;  ///< of the step, when `ended`
  pid_t entered;    ///< the process that clone_into() has made, as the parent sees it
  StubList stubs;
};

/// Reports errno and leaves. For the child: neither throws nor allocates.
[[noreturn]] inline void fail(Report& report, const char* doing, const char* subject) noexcept {
  report.doing = doing;
  report.subject = subject;
  report.error = errno;
  ::_exit(127);
}

}  // namespace cbuild::sandbox
