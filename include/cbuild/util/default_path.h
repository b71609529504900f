// The PATH of a process whose image sets none.
#pragma once

#include <string_view>

namespace cbuild {

/// As docker and BuildKit have it.
inline constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

}  // namespace cbuild
