// Flags of docker, buildah and kaniko that `cbuild build` does not take.
#pragma once

namespace cbuild::cli {

class Args;

/// Has them accepted where they ask for what happens anyway, else refused by name, with what to use
/// instead.
void declare_foreign_flags(Args& args);

}  // namespace cbuild::cli
