// --label NAME[=VALUE] and --label-file
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/cli/container_flags/named_value.h"

namespace cbuild::cli {

/// docker's --label; a name alone has an empty value. @throws Error(usage) when the name is missing
NamedValue parse_label_flag(const std::string& text);

/// docker's --label-file, a label a line, read as --env-file; a name alone has an empty value.
/// @param file  names the text in errors
/// @throws Error(usage) as pair_lines()
std::vector<NamedValue> parse_label_file(std::string_view text, const std::string& file);

}  // namespace cbuild::cli
