// start() for those who stay in their thread until the end.
#pragma once

#include "cbuild/sandbox/process.h"

namespace cbuild::sandbox {

/// As start(), but does not wait until PR_SET_PDEATHSIG is set, which would cost a context switch:
/// a thread that exits before that leaves the process running.
Process launch(const Workspace& workspace, Spec spec);

}  // namespace cbuild::sandbox
