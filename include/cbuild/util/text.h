// Text functions that the standard library lacks: trim, split, join, printable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);  ///< ASCII only
std::string to_upper(std::string_view text);  ///< ASCII only
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// All of `text` as a decimal number without sign. nullopt for anything else, overflow included.
std::optional<std::uint64_t> parse_uint(std::string_view text);

/// Untrusted text made safe for a terminal or a log: control characters (C0 but \t, C1), invalid
/// UTF-8 and bidirectional overrides become \xNN or \u{NNNN}.
std::string printable(std::string_view text);

/// "12.3MB": decimal units, three digits at most.
std::string human_size(std::uint64_t bytes);

/// "2026-11-20T20:25:00Z" of seconds (and nanoseconds, left out when 0) since 1970.
std::string rfc3339(std::int64_t seconds, std::uint32_t nanoseconds = 0);
/// Seconds since 1970 of such a text; nullopt when it is none.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

/// The candidate nearest to `word` (edit distance at most `slips` and below its length), for "did
/// you mean". Case counts for nothing.
std::optional<std::string> nearest(std::string_view word,
                                   std::span<const std::string> candidates,
                                   std::size_t slips = 2);

}  // namespace cbuild
