// Attributes an error to a word of the instruction, so that the message points at it.
#pragma once

#include <string>
#include <utility>

#include "cbuild/util/error.h"

namespace cbuild::ops {

/// Runs `action`; rethrows an `E` as an Error whose subject is `word`. Interrupted passes as it is.
template <typename E = Error, typename Action>
decltype(auto) blaming(const std::string& word, Action&& action) {
  try {
    return std::forward<Action>(action)();
  } catch (const Interrupted&) {
    throw;
  } catch (const E& error) {
    throw Error(error).with_subject(word);
  }
}

}  // namespace cbuild::ops
