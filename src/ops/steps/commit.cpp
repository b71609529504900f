// Snapshots become results; see commit.h.
#include "src/ops/steps/commit.h"

#include <fcntl.h>

#include <utility>

#include "cbuild/graph/graph.h"
#include "cbuild/image/root_views.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/rootfs_path.h"
#include "src/ops/sources/base_images.h"
#include "src/ops/step.h"
#include "src/ops/step_context.h"

namespace cbuild::ops {

solver::Result commit(const StepContext& context, const Step& step, store::ActiveSnapshot active) {
  const bool changes_etc = try_open_in_root(active.upper(), "etc", O_PATH | O_NOFOLLOW).has_value();
  // --no-cache may mean that the user doubts the layers that are there: write them again.
  const auto if_equal = step.vertex.ignore_cache ? store::IfEqual::replace : store::IfEqual::keep;
  const store::Snapshot snapshot = std::move(active).commit(step.cancel, if_equal);
  if (!changes_etc) context.views.same_users(stack_of(step.parent()), snapshot.chain_id);
  return solver::RootFileSystem{snapshot.chain_id};
}

}  // namespace cbuild::ops
