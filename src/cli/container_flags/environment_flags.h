// -e NAME[=VALUE] and --env-file
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/cli/container_flags/named_value.h"
#include "src/cli/environment.h"

namespace cbuild::cli {

/// docker's -e. A name alone takes the value of the caller's variable; nullopt when that is not
/// set: the container's is then removed. @throws Error(usage) when the name is missing
std::optional<NamedValue> parse_env_flag(const std::string& text, const EnvironmentLookup& lookup);

/// docker's --env-file, a variable a line: NAME=VALUE, in which quotes and blanks of the value are
/// kept as they are, or a NAME alone, as parse_env_flag(). Blanks before the name, empty lines,
/// lines that begin with "#", a byte order mark and a carriage return at the end of a line are
/// skipped.
/// @param file  names the text in errors
/// @throws Error(usage) "invalid env file (FILE): line N: …" for bytes that are no UTF-8, and a
/// name that is missing or
///         has blanks in it
std::vector<NamedValue> parse_env_file(std::string_view text,
                                       const std::string& file,
                                       const EnvironmentLookup& lookup);

}  // namespace cbuild::cli
