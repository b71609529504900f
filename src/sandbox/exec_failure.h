// Translates the errno of an execve(2) into words.
#pragma once

#include <optional>

namespace cbuild::sandbox {

struct Command;
struct ExecFailure;
struct Report;

/// nullopt: no errno was received.
std::optional<ExecFailure> exec_failure(const Command& command, const Report& report);

/// 127 for a file that is not there, else 126, as a shell.
int exec_failure_code(int error) noexcept;

}  // namespace cbuild::sandbox
