// Content-Range: the part of a blob that a response contains.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cbuild::registry {

struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;              ///< inclusive
  std::optional<std::uint64_t> total;  ///< absent: "*"

  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};

/// "bytes 5-9/10". nullopt for anything else, and where last < first or last ≥ total.
/// Source: RFC 9110, 14.4.
std::optional<ContentRange> parse_content_range(std::string_view text);

}  // namespace cbuild::registry
