// Translates the end of a sandbox's processes into an ExitStatus.
#pragma once

#include <signal.h>

#include <cstdint>
#include <optional>

namespace cbuild::sandbox {

struct Command;
struct ExecFailure;
struct ExitStatus;
struct Report;
struct Spec;

/// @param init  how it ended, by waitid(2); without Spec::init the program
/// @param process_limit  that a sandbox with too many processes has reached
/// @throws Error when the set-up failed
ExitStatus read_status(const Spec& spec,
                       const Report& report,
                       const siginfo_t& init,
                       std::uint64_t process_limit);

/// nullopt: no errno was received.
std::optional<ExecFailure> exec_failure(const Command& command, const Report& report);

}  // namespace cbuild::sandbox
