// Errors about templates; see failure.h.
#include "src/cli/template/failure.h"

#include <algorithm>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::cli::templates {

void fail(std::string_view source, Place place, std::string_view what, std::string hint) {
  constexpr std::size_t kShown = 60;
  const std::string_view before = source.substr(0, place.offset);
  const auto line = 1 + std::ranges::count(before, '\n');
  const auto column = before.size() - (before.rfind('\n') + 1) + 1;
  const std::string_view part = source.substr(before.size(), std::min(place.size, kShown));
  throw Error(ErrorKind::usage, "template parsing error: line {}, column {}: {}{}", line, column,
              part.empty() ? "" : fmt::format("at <{}>: ", printable(part)), what)
      .with_hint(std::move(hint));
}

}  // namespace cbuild::cli::templates
