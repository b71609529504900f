// Base64 with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cbuild {

/// Source: RFC 4648, section 4. Without line breaks.
std::string base64_encode(std::string_view bytes);

/// nullopt for a text with other characters than those of the alphabet, blanks and line breaks
/// included, and for one without its padding.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace cbuild
