// The input of a fuzzer, cut into parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cbuild/util/text.h"

namespace cbuild::fuzz {

/// Parts are separated by NUL; there is at least one.
inline std::vector<std::string> parts_of(const std::uint8_t* data, std::size_t size) {
  return split({reinterpret_cast<const char*>(data), size}, '\0');
}

}  // namespace cbuild::fuzz
