// Words in messages: quoted names, and what may be meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace cbuild::frontend {

/// Quotes a name in a message as BuildKit does; control characters made visible.
std::string quoted(std::string_view text);

/// " (did you mean X?)" or nothing.
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace cbuild::frontend
