// The message for IDs outside the range of subordinate IDs of this user.
#pragma once

namespace cbuild {

inline constexpr const char* kOutOfRange = "not in the range of subordinate IDs of this user";
inline constexpr const char* kOutOfRangeHint =
    "see subuid(5): /etc/subuid and /etc/subgid hold the range; 'usermod --add-subuids' and "
    "'usermod --add-subgids' extend it";

}  // namespace cbuild
