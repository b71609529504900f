// What the end of a RUN's process means.
#pragma once

#include "cbuild/sandbox/process.h"

namespace cbuild::graph {
struct Exec;
}

namespace cbuild {
class Error;
class Fd;
}  // namespace cbuild

namespace cbuild::ops {

/// The error (kind build) of a process that did not exit with 0, with a hint when its exit code,
/// its command or a full file system at `upper` suggests one.
Error failure_of(const graph::Exec& op, const sandbox::ExitStatus& status, const Fd& upper);

}  // namespace cbuild::ops
