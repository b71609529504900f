// The launcher: a program of a few instructions in a sealed memfd, which executes the step's own.
#pragma once

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

/// The pipe through which the launcher reports: 4 bytes, the errno of its execve. It is closed by
/// that execve, so its end without a byte says that the program was executed.
inline constexpr int kLauncherReport = 3;

/// A static program: `argv[0]` is the path to execute, `argv[1]` on are its arguments. Everything
/// that a step executes is executed by it, never by cbuild: while the kernel opens "/proc/self/exe"
/// as program or as interpreter of a script, that is this memory, sealed against writing, and not
/// cbuild's own file on the host (CVE-2019-5736). Made at the first call.  Thread-safe.
const Fd& launcher();

}  // namespace cbuild::sandbox
