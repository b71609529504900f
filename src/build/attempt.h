// Runs a part of one of several builds, so that its error ends that build alone.
#pragma once

#include <exception>
#include <utility>

#include "cbuild/build/result.h"

namespace cbuild {
class Error;
class Interrupted;
}  // namespace cbuild

namespace cbuild::build {

/// Runs `action`, which may set `ending`. An Error becomes the ending of this build alone; an
/// interruption ends all.
template <typename Action>
void attempt(Ending& ending, Action&& action) {
  try {
    std::forward<Action>(action)();
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    ending = std::current_exception();
  }
}

inline bool has_failed(const Ending& ending) {
  return std::holds_alternative<std::exception_ptr>(ending);
}

}  // namespace cbuild::build
