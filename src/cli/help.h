// The overview of all commands, the help of a rule, and the error for an unknown command.
#pragma once

#include <string>

namespace cbuild {
class Error;
}

namespace cbuild::cli {

/// What `cbuild help` prints.
std::string overview();

/// The error to throw for a word that is no command.
Error unknown_command(const std::string& word);

}  // namespace cbuild::cli
