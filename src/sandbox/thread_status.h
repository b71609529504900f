// What /proc/TID/status tells of a thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

namespace cbuild::sandbox {

struct ThreadStatus {
  mode_t umask = 022;
  bool no_new_privs = false;
  pid_t thread_group = 0;  ///< in the pid namespace of the /proc
  pid_t inner_number = 0;  ///< of the thread, in the innermost pid namespace
};

/// Pure. Lines that are missing leave the default.
ThreadStatus parse_thread_status(std::string_view text);

/// `proc`: a /proc of this process's pid namespace.
ThreadStatus status_of(int proc, pid_t thread);

}  // namespace cbuild::sandbox
