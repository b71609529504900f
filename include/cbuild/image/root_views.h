// Opens root file systems of the store for reading.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "cbuild/oci/digest.h"

namespace cbuild::store {
class Store;
}

namespace cbuild::layer {
class RootTree;
}

namespace cbuild::image {

class UserDatabase;

/// A stack of layers by its chain ID; nullopt = scratch, the stack without layers.
using Stack = std::optional<oci::Digest>;

/// The unpacked `stack`; for scratch an empty tree. Needs the user namespace. Thread-safe.
layer::RootTree open_root(store::Store& store, const Stack& stack);

/// Opens stacks and remembers their users and groups. Thread-safe. Needs the user namespace.
class RootViews {
 public:
  explicit RootViews(store::Store& store) : store_(store) {}

  /// See open_root().
  layer::RootTree open(const Stack& stack) const;

  std::shared_ptr<const UserDatabase> users(const Stack& stack);

  /// Tells that `to` was made on `from` without a change of /etc: it has the same users, unless a
  /// link leads from /etc to the files that name them.
  void same_users(const Stack& from, const Stack& to);

 private:
  store::Store& store_;
  std::mutex mutex_;
  std::map<Stack, std::shared_ptr<const UserDatabase>> users_;
};

}  // namespace cbuild::image
