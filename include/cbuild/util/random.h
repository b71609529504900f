// Random names.
#pragma once

#include <cstddef>
#include <string>

namespace cbuild {

/// `bytes` random bytes (at most 256) as lower-case hexadecimal digits: for names that must differ.
/// @throws SysError
std::string random_hex(std::size_t bytes);

}  // namespace cbuild
