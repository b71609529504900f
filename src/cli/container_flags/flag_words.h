// Words in the values of flags, as docker reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cbuild::cli {

/// Go's strconv.ParseBool: 1 t T TRUE true True, 0 f F FALSE false False.
std::optional<bool> parse_go_bool(std::string_view text);

/// The same. @throws Error(usage) "invalid value for KEY: TEXT"
bool bool_of(std::string_view key, std::string_view text);

/// What stands before and behind the first `separator`; the second is nullopt without one.
std::pair<std::string, std::optional<std::string>> cut(std::string_view text, char separator);

}  // namespace cbuild::cli
