// Collects the errors of a Dockerfile, so that one run reports all of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "cbuild/frontend/diagnostic.h"

namespace cbuild::frontend {

/// Collects errors that do not follow from each other.
class Faults {
 public:
  /// @throws DockerfileError with all of them when there are too many to be of use
  void add(const DockerfileError& error) {
    static constexpr std::size_t kMost = 20;
    const std::vector<Diagnostic>& more = error.diagnostics();
    faults_.insert(faults_.end(), more.begin(), more.end());
    if (faults_.size() >= kMost) throw_if_any();
  }

  /// After this error more cannot be said: others would only follow from it.
  void add_blocking(const DockerfileError& error) {
    add(error);
    blocking_ = true;
  }

  /// Runs `action` and keeps the error that leaves it. Whether there was none.
  template <typename Action>
  bool collect(Action&& action) {
    try {
      std::forward<Action>(action)();
      return true;
    } catch (const DockerfileError& error) {
      add(error);
      return false;
    }
  }

  std::size_t size() const noexcept { return faults_.size(); }

  bool blocking() const noexcept { return blocking_; }

  /// @throws DockerfileError of all of them, in order of the file
  void throw_if_any() {
    if (faults_.empty()) return;
    const auto place = [](const Diagnostic& fault) {
      return std::pair(fault.range.line, fault.range.column);
    };
    std::ranges::stable_sort(faults_, {}, place);
    throw DockerfileError(std::exchange(faults_, {}));
  }

 private:
  std::vector<Diagnostic> faults_;
  bool blocking_ = false;
};

}  // namespace cbuild::frontend
