// Root file systems of the store, opened for reading.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cbuild/solver/worker.h"
#include "cbuild/store/store.h"
#include "cbuild/util/fd.h"
#include "src/ops/users.h"

namespace cbuild::ops {

/// The stack that a result names; nullopt = scratch.
std::optional<oci::Digest> stack_of(const solver::Result& result);

/// Opens stacks and remembers the users they know. Thread-safe. Needs the user namespace.
class RootViews {
 public:
  explicit RootViews(store::Store& store) : store_(store) {}

  /// Root of the unpacked stack `result` names, read-only; an empty directory for scratch.
  Fd open(const solver::Result& result);

  std::shared_ptr<const UserDatabase> users(const solver::Result& result);

  /// Says that `to` was made on `from` without touching /etc: it knows the same users, unless these
  /// are kept elsewhere.
  void same_users(const solver::Result& from, const solver::Result& to);

 private:
  store::Store& store_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const UserDatabase>> users_;
};

}  // namespace cbuild::ops
