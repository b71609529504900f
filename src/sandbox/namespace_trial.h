// Tries to make a user namespace, and says why this machine refuses it.
#pragma once

#include <optional>

namespace cbuild {
class Error;
}

namespace cbuild::sandbox {

/// The step of making a namespace that failed.
enum class NamespaceStage { unshare, map, mount };

/// A child makes a user and mount namespace and maps itself in it.
/// @return what refuses; nullopt when nothing does.  Thread-safe.  @throws SysError
std::optional<Error> try_namespaces();

/// Why `stage` failed with the errno `code`, and what to do about it. After unshare(2) AppArmor may
/// allow the namespace, but give no capabilities in it.
Error namespace_refusal(NamespaceStage stage, int code);

/// What helps when newuidmap, or root without CAP_SETUID, cannot map.
const char* apparmor_or(const char* hint);

}  // namespace cbuild::sandbox
