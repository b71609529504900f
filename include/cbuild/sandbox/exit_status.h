// How a process in a sandbox ended.
#pragma once

#include <cstdint>
#include <string>

namespace cbuild::sandbox {

struct ExitStatus {
  int code = 0;        ///< exit code; 128 + signal when a signal ended it
  int signal = 0;      ///< 0 = it exited by itself
  int exec_error = 0;  ///< not 0: errno, for argv[0] could not be executed; `code` is 127 (not
                       ///< found) or 126, as a shell's
  /// The kernel killed a process of the control group for want of memory. In the caller's own
  /// control group that may have been another one: there it is said only of SIGKILL (`code` 137).
  bool out_of_memory = false;
  /// With out_of_memory: bytes of GroupLimits::memory, which it reached. 0 = it did not, or had no
  /// such limit: memory of the machine, or of a control group around, ran out.
  std::uint64_t memory_limit = 0;
  std::uint64_t memory_peak = 0;         ///< with memory_limit: bytes; 0 = the kernel does not tell
  std::uint64_t too_many_processes = 0;  ///< not 0: how many it had, and was killed for

  bool ok() const noexcept { return code == 0; }
};

/// Why a program could not be executed.
struct ExecFailure {
  int error = 0;  ///< errno
  int code = 0;   ///< as of ExitStatus: 127 or 126
  /// In docker's words: exec: "foo": executable file not found in $PATH
  std::string message;
};

}  // namespace cbuild::sandbox
