// The COPY step; see copy.h.
#include "src/ops/steps/copy.h"

#include <fcntl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/graph/graph.h"
#include "cbuild/image/root_views.h"
#include "cbuild/image/users.h"
#include "cbuild/layer/apply.h"
#include "cbuild/layer/compression.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/rootfs_path.h"
#include "src/ops/blame.h"
#include "src/ops/copy_files.h"
#include "src/ops/file_tree.h"
#include "src/ops/last_selection.h"
#include "src/ops/select.h"
#include "src/ops/sources/base_images.h"
#include "src/ops/sources/contexts.h"
#include "src/ops/sources/remote_sources.h"
#include "src/ops/sources/remote_tree.h"
#include "src/ops/step.h"
#include "src/ops/step_context.h"
#include "src/ops/steps/commit.h"
#include "src/ops/upper.h"

namespace cbuild::ops {

namespace {

/// The word that names input number `input`; "" = none does.
std::string first_source(const graph::Copy& op, std::size_t input) {
  for (std::size_t i = 0; i < op.sources.size(); ++i)
    if (op.input_of(i) == input) return op.sources[i];
  return {};
}

/// What is copied, and what keeps it there.
struct CopiedFiles {
  Selection selection;
  std::vector<StagedTree> staged;  ///< downloads and repositories that are selected from
};

Selection select_remote(const StepContext& context,
                        const Step& step,
                        const graph::Copy& op,
                        std::size_t input,
                        std::vector<StagedTree>& staged) {
  RemoteTree remote = blaming(first_source(op, input),
                              [&] { return context.remotes.fetch(step.vertex.inputs[input], op); });
  staged.push_back(std::move(remote.staged));
  // The URL names nothing in the tree.
  graph::Copy renamed = op;
  for (std::size_t i = 0; i < op.sources.size(); ++i) {
    if (op.input_of(i) == input) renamed.sources[i] = remote.source;
  }
  return select(std::move(remote.tree), renamed, step.cancel, input);
}

Selection select_root(const StepContext& context,
                      const Step& step,
                      const graph::Copy& op,
                      std::size_t input) {
  FileTree tree = blaming(first_source(op, input), [&] {
    context.images.make_available(step.inputs[input], step.cancel);
    return stage_tree(context.views.open(stack_of(step.inputs[input])));
  });
  return select(std::move(tree), op, step.cancel, input);
}

/// Selects from all inputs.
CopiedFiles select_files(const StepContext& context, const Step& step, const graph::Copy& op) {
  CopiedFiles files;
  for (std::size_t input = 1; input < step.inputs.size(); ++input) {
    if (const auto* source = context_source(context.graph, step.vertex, input)) {
      auto known = context.last_selection.take(step.id, input);
      const OpenContext& opened = context.contexts.open(*source);
      files.selection.merge(known ? std::move(*known)
                                  : select(opened.tree_for(op), op, step.cancel, input));
    } else if (context.remotes.has(step.vertex.inputs[input])) {
      files.selection.merge(select_remote(context, step, op, input, files.staged));
    } else {
      files.selection.merge(select_root(context, step, op, input));
    }
  }
  return files;
}

/// A step's new layer, as ADD unpacks archives into it.
struct UnpackTarget {
  const graph::Copy& op;
  const image::Ids& owner;
  const store::ActiveSnapshot& active;
  const layer::RootTree& view;  ///< what lies below
};

/// What lies below a directory of the step's layer; null = nothing.
std::optional<layer::RootTree> below(const UnpackTarget& target, const std::string& path) {
  const auto directory = target.view.directory(path, /*follow=*/false);
  if (!directory) return std::nullopt;
  return layer::RootTree(directory->parts());
}

void unpack_archive(const UnpackTarget& target, const Archive& archive, const CancelToken& cancel) {
  const Fd directory =
      open_in_root(target.active.upper(), archive.destination, O_RDONLY | O_DIRECTORY);
  const auto lower = below(target, archive.destination);
  FdSource bytes(duplicate(archive.file.get()), archive.name);
  const auto tar = layer::decompress(bytes);
  FileOwners owners(target.active.owners()->how());
  layer::ApplyOptions options;
  options.whiteouts = layer::ApplyOptions::Whiteouts::refuse;
  options.cancel = &cancel;
  options.keep_root = true;
  options.lower = lower ? &*lower : nullptr;
  options.owners = &owners;
  if (!target.op.owner.empty()) {
    options.owner = layer::ApplyOptions::Owner{target.owner.uid, target.owner.gid};
  }
  with_context("unpack " + archive.name, [&] { layer::apply(*tar, directory, options); });
  target.active.owners()->add_below(Upper::relative(archive.destination), owners);
}

}  // namespace

solver::Result run_copy(const StepContext& context, const Step& step, const graph::Copy& op) {
  context.images.make_available(step.parent(), step.cancel);
  const image::Stack stack = stack_of(step.parent());
  const CopiedFiles files = select_files(context, step, op);

  // --link sees nothing of what lies below, except the users whom --chown names.
  store::ActiveSnapshot active = context.store.snapshots().prepare(stack);
  const layer::RootTree view = context.views.open(op.link ? image::Stack() : stack);
  Upper upper(active.upper(), *active.owners(), view);
  const image::Ids owner = op.owner.empty() ? image::Ids{} : blaming(op.owner, [&] {
    return image::owner_of(op.owner, *context.views.users(stack));
  });

  const UnpackTarget target{op, owner, active, view};
  const CopyRequest request{
      .op = op,
      .selection = files.selection,
      .owner = owner,
      .keep_owner = op.owner.empty() && !op.from_context,
      .unpack = [&](const Archive& archive) { unpack_archive(target, archive, step.cancel); }};
  blaming<InTheWay>(op.destination, [&] { copy_files(request, upper, step.cancel); });
  return commit(context, step, std::move(active));
}

}  // namespace cbuild::ops
