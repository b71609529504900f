// What to say about ids that this user does not have.
#pragma once

namespace cbuild {

inline constexpr const char* kOutOfRange = "not in the range of subordinate IDs of this user";
inline constexpr const char* kOutOfRangeHint =
    "see subuid(5): /etc/subuid and /etc/subgid hold the range, which 'usermod --add-subuids' and "
    "'--add-subgids' widen";

}  // namespace cbuild
