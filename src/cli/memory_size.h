// Sizes of memory: "512m".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cbuild::cli {

/// Bytes. Units are powers of 1024, as docker has them for memory: b, k, kb, kib, m, … t, in any
/// case; a bare number is bytes. @throws Error(usage) that names `flag`
std::uint64_t parse_memory(std::string_view flag, const std::string& text);

}  // namespace cbuild::cli
