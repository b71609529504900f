// The library fmt, compiled into the program. Distributions have it as a shared library only, which
// needs a shared libstdc++: to link that at each start took an eighth of a cached build.
#include <fmt/format-inl.h>

namespace fmt::detail {

// The header declares these templates as extern; this file is their only definition.
template auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto decimal_point_impl<char>(locale_ref) -> char;

}  // namespace fmt::detail
