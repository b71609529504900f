// What the end of a sandbox means.
#pragma once

#include <signal.h>

#include "cbuild/sandbox/process.h"
#include "src/sandbox/report.h"

namespace cbuild::sandbox {

/// @param init  how the init ended, by waitid(2). @throws Error when the set-up failed
ExitStatus read_status(const Spec& spec, const Report& report, const siginfo_t& init);

}  // namespace cbuild::sandbox
