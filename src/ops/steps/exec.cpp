// The RUN step; see exec.h.
#include "src/ops/steps/exec.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cbuild/graph/graph.h"
#include "cbuild/image/root_views.h"
#include "cbuild/image/users.h"
#include "cbuild/layer/diff.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/run.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "src/ops/blame.h"
#include "src/ops/build_network.h"
#include "src/ops/exec_failure.h"
#include "src/ops/exec_mounts.h"
#include "src/ops/exec_spec.h"
#include "src/ops/mount_input.h"
#include "src/ops/run_root.h"
#include "src/ops/sources/base_images.h"
#include "src/ops/step.h"
#include "src/ops/step_context.h"
#include "src/ops/steps/commit.h"

namespace cbuild::ops {

namespace {

std::vector<MountInput> mount_inputs(const StepContext& context,
                                     const Step& step,
                                     const graph::Exec& op) {
  std::vector<MountInput> inputs;
  for (const graph::ExecMount& mount : op.mounts)
    inputs.push_back(mount_input(context, step, mount));
  return inputs;
}

/// Adds to the pure part of the spec what this machine and this step's mounts bring along.
void complete(sandbox::Spec& spec, const Step& step, const ExecMounts& mounts) {
  spec.is_386 = step.vertex.platform.architecture == "386";
  spec.mounts.insert(spec.mounts.end(), mounts.mounts().begin(), mounts.mounts().end());
  add_lent_variables(spec.env, mounts.env());
}

}  // namespace

solver::Result run_exec(const StepContext& context, const Step& step, const graph::Exec& op) {
  const image::Stack stack = stack_of(step.parent());
  if (!stack) {
    throw Error(ErrorKind::build, "there is nothing to run in an empty file system (FROM scratch)");
  }
  context.images.make_available(step.parent(), step.cancel);
  const image::Identity identity =
      blaming(op.user, [&] { return image::identity_of(op.user, *context.views.users(stack)); });

  // Locks of caches, copies and sockets live as long as `mounts`.
  std::vector<MountInput> inputs = mount_inputs(context, step, op);
  ExecMounts mounts(context.store, {context.run, context.agents},
                    {context.run_roots.are_overlays(), context.workspace.isolation()}, step.cancel);
  mounts.add(op.mounts, inputs);

  store::ActiveSnapshot active = context.store.snapshots().prepare(stack);
  sandbox::Spec spec = make_spec(op, identity, context.run);
  complete(spec, step, mounts);
  context.network.connect(op.network, spec);
  RunRoot root = context.run_roots.open(active, step.cancel);
  spec.root = root.mount;
  if (active.owners()->are_recorded()) spec.link_owners = &root.links;
  const auto output = [&step](sandbox::Stream stream, std::string_view text) {
    step.display.output(stream == sandbox::Stream::out ? 1 : 2, text);
  };
  const sandbox::ExitStatus status =
      sandbox::run(context.workspace, std::move(spec), output, step.cancel);
  if (!status.ok()) throw failure_of(op, status, active.upper());
  context.run_roots.take_changes(root, active);

  // A copy-up without a change must not make another layer.
  if (!list_directory(active.upper().get()).empty()) {
    layer::drop_unchanged(active.upper(), active.owners(), context.views.open(stack));
  }
  const solver::Result result = commit(context, step, std::move(active));
  if (const auto made = stack_of(result)) context.run_roots.keep(std::move(root), *made);
  return result;
}

}  // namespace cbuild::ops
