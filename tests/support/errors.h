// What a test says of the message of an Error.
#pragma once

#include <string>

#include "cbuild/util/error.h"

namespace cbuild {

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

}  // namespace cbuild
