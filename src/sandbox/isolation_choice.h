// Chooses the isolation of a workspace.
#pragma once

#include <optional>
#include <string>

#include "cbuild/sandbox/isolation.h"
#include "cbuild/util/error.h"

namespace cbuild::sandbox {

/// What this machine permits. An Error says what refuses.
struct IsolationFacts {
  std::optional<Error> namespaces_refused;
  std::optional<Error> chroot_refused;
  /// A file or variable that tells of a container which is thrown away after use; empty = none.
  std::string disposable;
};

struct IsolationChoice {
  Isolation isolation = Isolation::none;
  std::optional<Error> run_refused;  ///< exactly with Isolation::none
};

/// @throws Error(machine) when `wanted` is refused. Pure.
IsolationChoice choose_isolation(std::optional<Isolation> wanted, const IsolationFacts& facts);

/// Tries what `request` makes worth trying, chooses, and logs a choice that was not asked for.
/// @throws as choose_isolation()
IsolationChoice choose_isolation(const IsolationRequest& request);

}  // namespace cbuild::sandbox
