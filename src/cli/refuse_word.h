// The error about a word of a flag that is none of a few.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cbuild::cli {

/// @param text  the value of `flag` that has `word` in it
/// @throws Error(usage) with the nearest of `known`
[[noreturn]] void refuse_word(std::string_view flag,
                              std::string_view text,
                              std::string_view word,
                              const std::vector<std::string>& known);

}  // namespace cbuild::cli
