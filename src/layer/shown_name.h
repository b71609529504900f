// Names of tar entries in messages.
#pragma once

#include <string>
#include <string_view>

#include "cbuild/util/text.h"

namespace cbuild::layer {

/// `name` for a message: printable, and cut when it is very long.
inline std::string shown_name(std::string_view name) {
  constexpr std::size_t kShown = 300;
  return name.size() <= kShown ? printable(name) : printable(name.substr(0, kShown)) + "...";
}

}  // namespace cbuild::layer
