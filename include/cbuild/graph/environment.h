// The variables of a step.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "cbuild/util/sha256.h"

namespace cbuild::graph {

/// Some "K=V" entries of an Environment.
class EnvironmentBlock {
 public:
  /// Entries of every block but the last.
  static constexpr std::size_t kSize = 64;

  explicit EnvironmentBlock(std::vector<std::string> entries);

  const std::vector<std::string>& entries() const noexcept { return entries_; }

  const Sha256Sum& key() const noexcept { return key_; }

 private:
  std::vector<std::string> entries_;
  Sha256Sum key_;
};

/// "K=V" entries in order; never changes. It is made of blocks, so that the steps of a long
/// Dockerfile, each with one variable more, share nearly all of theirs: neither their memory nor
/// their keys grow with the square of its length. Threads may read one at the same time.
class Environment {
 public:
  using Blocks = std::vector<std::shared_ptr<const EnvironmentBlock>>;

  Environment() = default;
  Environment(std::vector<std::string> entries);

  Environment(std::initializer_list<std::string> entries)
      : Environment(std::vector<std::string>(entries)) {}

  /// @pre every block but the last holds EnvironmentBlock::kSize entries.
  explicit Environment(Blocks blocks) : blocks_(std::move(blocks)) {}

  std::vector<std::string> entries() const;

  /// Equal entries have equal keys, however they are shared.
  Sha256Sum key() const;

 private:
  Blocks blocks_;
};

}  // namespace cbuild::graph
