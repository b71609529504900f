// What is wrong with a Dockerfile, collected to be told at once.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "cbuild/frontend/dockerfile.h"

namespace cbuild::frontend {

/// Collects errors that do not follow from each other.
class Faults {
 public:
  /// @throws DockerfileError with all of them when there are too many to be of use
  void add(const DockerfileError& error) {
    static constexpr std::size_t kMost = 20;
    faults_.insert(faults_.end(), error.earlier().begin(), error.earlier().end());
    faults_.push_back({error.range(), error.what()});
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

  /// @throws DockerfileError: the last of them in the file, which knows the others
  void throw_if_any() {
    if (faults_.empty()) return;
    const auto place = [](const Fault& fault) {
      return std::pair(fault.range.line, fault.range.column);
    };
    std::ranges::stable_sort(faults_, {}, place);
    Fault last = std::move(faults_.back());
    faults_.pop_back();
    throw DockerfileError(last.range, last.message, std::move(faults_));
  }

 private:
  std::vector<Fault> faults_;
  bool blocking_ = false;
};

}  // namespace cbuild::frontend
