// Points in time, as --since and --until take them.
#pragma once

#include <cstdint>
#include <string_view>

namespace cbuild::cli {

/// Nanoseconds since 1970 of one of
///   90m, 1h30m         so long before `now` (see go_duration.h)
///   2026-11-28[T15[:04[:05[.123]]]][Z|+01:00]
///                      a time of RFC 3339, which may end early; without zone it is the local one
///                      of this process (TZ)
///   1764340000[.123]   seconds since 1970
/// as docker reads them.
/// @param flag  named in the error
/// @param now   nanoseconds since 1970
/// @throws Error(usage), also for times that are not between 1678 and 2262
std::int64_t parse_moment(std::string_view flag, std::string_view text, std::int64_t now);

}  // namespace cbuild::cli
