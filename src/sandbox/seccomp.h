// The system call filter of a RUN: built once in the parent, installed in each child.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace cbuild::sandbox {

using SeccompProgram = std::vector<sock_filter>;

/// Whether 32-bit x86 may call socketcall(2), which any 64-bit program can, too, by `int 0x80`. No
/// filter can see its arguments, so it leads to every address family. glibc for i386 knows no other
/// way to a socket.
enum class Socketcall { refused, allowed };

/// Whether the processes of a RUN are in a pid namespace of their own. If not, a call must not
/// reach the init, which ends them: prlimit64(2) is for the caller itself then.
enum class Processes { apart, among_others };

/// The filter for this machine: allowed calls pass, dangerous ones fail with EPERM, unknown ones
/// with ENOSYS. Covers the native architecture and, where processors run it, the 32-bit one; x32 is
/// refused. Built at the first call.  Thread-safe.
const SeccompProgram& seccomp_program(Socketcall socketcall,
                                      Processes processes = Processes::apart);

/// The same with what calls_of_capabilities() allows with some of `capabilities`.
const SeccompProgram& seccomp_program(Socketcall socketcall,
                                      Processes processes,
                                      std::uint64_t capabilities);

/// Installs it in this thread; needs CAP_SYS_ADMIN, for no_new_privs stays off. For the child:
/// neither throws nor allocates. False: errno says why.
bool install_seccomp(const SeccompProgram& program) noexcept;

}  // namespace cbuild::sandbox
