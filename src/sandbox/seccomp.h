// The system call filter of a RUN: built once in the parent, installed in each child.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace cbuild::sandbox {

using SeccompProgram = std::vector<sock_filter>;

/// The filter for this machine: allowed calls pass, dangerous ones fail with EPERM, unknown ones
/// with ENOSYS. Covers the native architecture and, where processors run it, the 32-bit one; x32 is
/// refused. Built at the first call. Known hole: a 32-bit program reaches any address family
/// through socketcall(2), whose arguments no filter can see.  Thread-safe.
const SeccompProgram& seccomp_program();

/// Installs it in this thread; needs CAP_SYS_ADMIN, for no_new_privs stays off. For the child:
/// neither throws nor allocates. False: errno says why.
bool install_seccomp(const SeccompProgram& program) noexcept;

}  // namespace cbuild::sandbox
