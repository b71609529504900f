// What the functions of templates have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "src/cli/value.h"

namespace cbuild::cli::templates {

using Arguments = std::span<const Value>;

/// Bytes that a function may make at most, for templates may come from files of others.
inline constexpr std::size_t kMaxText = 16 << 20;

/// @throws Error(usage) in Go's words when the argument is missing or of another type
const std::string& text_argument(Arguments arguments, std::size_t index);
std::int64_t integer_argument(Arguments arguments, std::size_t index);

/// Appends, up to kMaxText. @throws Error(usage)
void append_bounded(std::string& text, std::string_view more);

}  // namespace cbuild::cli::templates
