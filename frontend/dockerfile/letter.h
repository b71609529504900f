// Letters of Unicode: names of variables may hold them.
#pragma once

#include <cstddef>
#include <string_view>

namespace cbuild::frontend {

/// Bytes of the letter that `text` begins with; 0 when it begins with none. Code points that
/// Unicode 15 has not assigned may count either way.
std::size_t letter_size(std::string_view text);

}  // namespace cbuild::frontend
