// Names for what the user has not named: "quiet_lovelace".
#pragma once

#include <cstdint>
#include <string>

namespace cbuild {

/// adjective_surname, in the form of docker's names for containers: lower-case ASCII letters and
/// one underscore. The surnames are of scientists and engineers. Pure: the same numbers give the
/// same name.
/// @param random  uniform over its whole range, then so are the names
/// @param retry   0 at the first try. Later, when the name was taken, a digit of `random` is
///                appended, so that more names are possible
std::string generated_name(std::uint64_t random, unsigned retry);

}  // namespace cbuild
