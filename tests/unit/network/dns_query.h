// A query of DNS for tests.
#pragma once

#include <string>

namespace cbuild::network {

/// ID 0x1234, recursion desired, one question: A of "ab.c".
inline const std::string kQuery(
    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    "\x02"
    "ab"
    "\x01"
    "c"
    "\x00\x00\x01\x00\x01",
    22);

}  // namespace cbuild::network
