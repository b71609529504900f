// Executes the program of a sandbox: from its first process to execve(2).
#pragma once

#include <sys/types.h>

namespace cbuild::sandbox {

struct Launch;

/// Starts the process that `launch` describes; what fails before its execve is in the report.
/// -1: errno says why. For the init: neither throws nor allocates.
pid_t start_program(Launch& launch) noexcept;

/// The same in this process.
[[noreturn]] void execute_program(Launch& launch) noexcept;

}  // namespace cbuild::sandbox
