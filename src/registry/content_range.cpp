// Content-Range; see content_range.h.
#include "src/registry/content_range.h"

#include "cbuild/util/text.h"

namespace cbuild::registry {

std::optional<ContentRange> parse_content_range(std::string_view text) {
  text = trim(text);
  constexpr std::string_view kUnit = "bytes ";
  if (text.size() < kUnit.size() || !equals_ignoring_case(text.substr(0, kUnit.size()), kUnit)) {
    return std::nullopt;
  }
  text.remove_prefix(kUnit.size());
  const auto dash = text.find('-');
  const auto slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) {
    return std::nullopt;
  }
  const auto first = parse_uint(text.substr(0, dash));
  const auto last = parse_uint(text.substr(dash + 1, slash - dash - 1));
  const std::string_view rest = text.substr(slash + 1);
  const auto total = parse_uint(rest);
  if (!first || !last || *last < *first || (!total && rest != "*")) return std::nullopt;
  if (total && *last >= *total) return std::nullopt;
  return ContentRange{*first, *last, total};
}

}  // namespace cbuild::registry
