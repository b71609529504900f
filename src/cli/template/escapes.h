// Backslashes in texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cbuild::cli::templates {

/// What stands between the quotes of an interpreted string of Go: \n \t \" \\ \x41 \101 \u00e9 …
/// nullopt for another escape.
std::optional<std::string> without_escapes(std::string_view text);

/// Go's strconv.Quote: in double quotes, with escapes for what cannot be seen.
std::string go_quoted(std::string_view text);

}  // namespace cbuild::cli::templates
