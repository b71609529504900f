// Contexts and root file systems as inputs of mounts; see mount_input.h.
#include "src/ops/mount_input.h"

#include <utility>

#include "cbuild/graph/exec_mount.h"
#include "cbuild/image/root_views.h"
#include "src/ops/file_tree.h"
#include "src/ops/mounted_files.h"
#include "src/ops/sources/base_images.h"
#include "src/ops/sources/contexts.h"
#include "src/ops/step.h"
#include "src/ops/step_context.h"

namespace cbuild::ops {

namespace {

using graph::ExecMount;

MountInput context_input(const StepContext& context,
                         const Step& step,
                         const graph::ContextSource& source,
                         const ExecMount& mount) {
  MountInput input;
  const OpenContext& opened = context.contexts.open(source);
  // A cache begins with a copy, and what is written to must not be the user's.
  if (mount.type != ExecMount::Type::cache && mount.read_only) {
    input.in_place = open_if_plain(opened.reopened_tree(), mount.source);
  }
  input.fill = [&opened, &mount, &cancel = step.cancel](const Fd& into, FileOwners& owners) {
    copy_for_mount({.tree = for_mount(opened.tree()), .path = mount.source}, into, owners, cancel);
  };
  return input;
}

MountInput root_input(const StepContext& context, const Step& step, const ExecMount& mount) {
  MountInput input;
  const solver::Result& root = step.inputs[static_cast<std::size_t>(mount.input)];
  context.images.make_available(root, step.cancel);
  input.stack = stack_of(root);
  input.fill = [stack = input.stack, &views = context.views, &mount, &cancel = step.cancel](
                   const Fd& into, FileOwners& owners) {
    MountedFiles files{mounted_stage_tree(views.open(stack)), mount.source, /*keep_owners=*/true};
    copy_for_mount(std::move(files), into, owners, cancel);
  };
  return input;
}

}  // namespace

MountInput mount_input(const StepContext& context, const Step& step, const ExecMount& mount) {
  if (mount.input < 0) return {};
  const auto input = static_cast<std::size_t>(mount.input);
  const auto* source = context_source(context.graph, step.vertex, input);
  MountInput result =
      source ? context_input(context, step, *source, mount) : root_input(context, step, mount);
  result.identity = to_text(step.inputs[input]);
  return result;
}

}  // namespace cbuild::ops
