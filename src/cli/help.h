// Help that is not one command's: the overview, and what to say of a command that does not exist.
#pragma once

#include <string>

#include "cbuild/util/error.h"

namespace cbuild::cli {

/// What `cbuild help` prints.
std::string overview();

/// The error to throw for a word that is no command.
Error unknown_command(const std::string& word);

}  // namespace cbuild::cli
