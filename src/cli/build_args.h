// The flags of `cbuild build` with NAME=VALUE, build arguments in the first place.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/cli/environment.h"

namespace cbuild::cli {

/// Splits "K=V"; without "=", the whole text is K. @throws Error(usage) when K is empty.
std::pair<std::string, std::optional<std::string>> key_and_value(std::string_view flag,
                                                                 const std::string& text);

/// The lines of a file of build arguments but those that are empty or comments. @throws
/// Error(usage)
std::vector<std::string> build_arg_lines(const std::string& path);

/// "NAME=VALUE" words; "NAME" alone is taken from the environment, if it is there.
/// @throws Error(usage)
std::map<std::string, std::string> read_build_args(const std::vector<std::string>& texts,
                                                   const EnvironmentLookup& environment);

}  // namespace cbuild::cli
