// The process id behind a pidfd.
#pragma once

#include <sys/types.h>

namespace cbuild::sandbox {

/// As the /proc that is mounted here shows it, which may be that of another pid namespace than this
/// process's; 0 when the process has ended, or is not seen there.  @throws SysError
pid_t pid_of(int pidfd);

}  // namespace cbuild::sandbox
