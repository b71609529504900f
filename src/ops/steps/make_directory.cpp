// The WORKDIR step; see make_directory.h.
#include "src/ops/steps/make_directory.h"

#include <sys/stat.h>

#include <string>
#include <utility>

#include "cbuild/graph/op.h"
#include "cbuild/image/root_views.h"
#include "cbuild/image/users.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "src/ops/blame.h"
#include "src/ops/sources/base_images.h"
#include "src/ops/step.h"
#include "src/ops/step_context.h"
#include "src/ops/steps/commit.h"
#include "src/ops/upper.h"

namespace cbuild::ops {

solver::Result run_make_directory(const StepContext& context,
                                  const Step& step,
                                  const graph::MakeDirectory& op) {
  context.images.make_available(step.parent(), step.cancel);
  const image::Stack stack = stack_of(step.parent());
  store::ActiveSnapshot active = context.store.snapshots().prepare(stack);
  const layer::RootTree view = context.views.open(stack);
  Upper upper(active.upper(), *active.owners(), view);
  const std::string path = upper.resolve(op.path);
  const auto existing = upper.find(path);
  if (existing && !S_ISDIR(existing->st_mode)) {
    throw Error(ErrorKind::build, "{} already exists and is not a directory", op.path);
  }
  if (!existing) {
    const image::Ids owner =
        blaming(op.user, [&] { return image::owner_of(op.user, *context.views.users(stack)); });
    upper.make_directory(path, {owner, 0755});
  }
  return commit(context, step, std::move(active));
}

}  // namespace cbuild::ops
