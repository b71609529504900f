// Words in messages; see messages.h.
#include "frontend/dockerfile/messages.h"

#include <fmt/core.h>

#include <vector>

#include "cbuild/util/text.h"

namespace cbuild::frontend {

std::string quoted(std::string_view text) {
  return '"' + printable(text) + '"';
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
  const std::vector<std::string> names(candidates.begin(), candidates.end());
  const auto best = nearest(word, names);
  return best ? fmt::format(" (did you mean {}?)", *best) : std::string();
}

}  // namespace cbuild::frontend
