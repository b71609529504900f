// Checks a Spec before anything is started.
#pragma once

namespace cbuild::sandbox {

struct Command;
struct Spec;
struct WorkspaceFacts;

/// The part that is about the program.  @throws Error for ids that do not exist here, or no command
void check_command(const Command& command, const WorkspaceFacts& facts);

/// @throws Error for ids that do not exist here, a mount on "/", or no command
void check_spec(const Spec& spec, const WorkspaceFacts& facts);

}  // namespace cbuild::sandbox
