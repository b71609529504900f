// The ways to keep a RUN away from this machine, and what the user may ask for.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cbuild::sandbox {

enum class Isolation {
  namespaces,  ///< user, mount, pid, ipc, uts namespaces
  chroot,      ///< chroot(2) in a private copy of the root file system, for root in a container
  none,        ///< nothing can be run; everything else works
};

/// The words of --isolation. nullopt: it is none of them, or "auto". Pure.
std::optional<Isolation> parse_isolation(std::string_view word);
std::string_view to_text(Isolation isolation) noexcept;

/// The ids that a user namespace is to have.
enum class IdsWanted {
  all,  ///< the subordinate ids; for root all
  one   ///< 0 alone, as where there are no others: for a store whose owners are records
};

struct IsolationRequest {
  /// Honoured or refused. nullopt = namespaces; else chroot where this process is root in a
  /// container that is thrown away after use; else none.
  std::optional<Isolation> wanted;
  /// The value of an environment variable. May be null: files alone tell of a container then.
  std::function<std::optional<std::string>(const char* name)> environment;
};

}  // namespace cbuild::sandbox
