// What the tests of this module share: trees that go away, and what an Error says.
#pragma once

#include <string>

#include "tests/unit/layer/tree.h"

namespace cbuild::image {

using TempTree = layer::Tree;

/// The message of the Error that `action` throws; "" when it throws none.
template <typename Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace cbuild::image
