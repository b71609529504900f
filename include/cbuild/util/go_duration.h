// Durations as Go writes them: "1m30s".
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace cbuild {

/// Go's time.ParseDuration: an optional sign, then numbers with a unit (ns us µs ms s m h), each
/// with an optional fraction; "0" alone. nullopt for anything else, overflow of 292 years included.
std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

}  // namespace cbuild
