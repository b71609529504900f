// A temporary directory tree in the staging area of the store.
#pragma once

#include <string>
#include <utility>

#include "cbuild/store/active_snapshot.h"

namespace cbuild {
class Fd;
}

namespace cbuild::ops {

/// Staged files in the store. The destructor removes them.
class StagedTree {
 public:
  explicit StagedTree(store::ActiveSnapshot staging) : staging_(std::move(staging)) {}

  const Fd& root() const { return staging_.upper(); }

  /// A path of root() for other programs.
  std::string path() const;

 private:
  store::ActiveSnapshot staging_;
};

}  // namespace cbuild::ops
