// Where a RUN --mount takes its files from.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cbuild/oci/digest.h"
#include "cbuild/util/fd.h"

namespace cbuild {
class FileOwners;
}

namespace cbuild::graph {
struct ExecMount;
}

namespace cbuild::ops {

struct Step;
struct StepContext;

/// The files of a bind mount, or those that a cache begins with. Without `stack`, `in_place` and
/// `fill`: no files.
struct MountInput {
  std::optional<oci::Digest> stack;  ///< a root file system
  Fd in_place;           ///< files of a context (O_PATH) that may be mounted as they are
  std::string identity;  ///< of the input: a cache that begins otherwise is another one
  /// Copies the files to the name kFilled in an empty directory.
  std::function<void(const Fd& into, FileOwners& owners)> fill;
};

/// Opens what `mount` takes files from, of the inputs of `step`. Both, and `context`, outlive what
/// is returned. @throws Error
MountInput mount_input(const StepContext& context, const Step& step, const graph::ExecMount& mount);

}  // namespace cbuild::ops
