// HTTP status codes: their text, and which of them deserve a retry.
#pragma once

#include <string_view>

namespace cbuild::registry {

/// 301, 302, 303, 307, 308.
bool is_redirect(int status) noexcept;

/// 408, 429, 500, 502, 503, 504.
bool is_retryable_status(int status) noexcept;

/// "Not Found"; empty for an unknown code.
std::string_view status_text(int status) noexcept;

}  // namespace cbuild::registry
