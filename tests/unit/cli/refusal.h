// Why a wrong use is refused.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "cbuild/util/error.h"

namespace cbuild::cli {

/// Why `ask` is refused, as a wrong use; "accepted" when it is not.
template <typename Ask>
std::string refusal_of(Ask&& ask) {
  try {
    ask();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "accepted";
}

}  // namespace cbuild::cli
