// Numbers of DNS. Source: RFC 1035, section 3.2; RFC 3596.
#pragma once

#include <cstdint>

namespace cbuild::network {

inline constexpr std::uint16_t kDnsA = 1;
inline constexpr std::uint16_t kDnsPtr = 12;
inline constexpr std::uint16_t kDnsAaaa = 28;
inline constexpr std::uint16_t kDnsInternet = 1;  ///< the class

}  // namespace cbuild::network
