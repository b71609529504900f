// Runs one process in a sandbox to its end and passes on what it writes: a RUN step.
#pragma once

#include <functional>
#include <string_view>

#include "cbuild/sandbox/process.h"

namespace cbuild::sandbox {

enum class Stream { out, err };

/// Called with what the process writes, in the thread that called run(). May be null. May throw;
/// the process is killed then.
using Output = std::function<void(Stream, std::string_view)>;

/// start() and wait(), with /dev/null as stdin; `spec.streams` is ignored. That argv[0] cannot be
/// executed is told as a line on stderr, as a shell would.
/// @throws what they throw; when cancelled Interrupted, and by then nothing is left of it
ExitStatus run(const Workspace& workspace,
               Spec spec,
               const Output& output,
               const CancelToken& cancel);

}  // namespace cbuild::sandbox
