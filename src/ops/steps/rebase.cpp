// The rebase of a layer; see rebase.h.
#include "src/ops/steps/rebase.h"

#include <unistd.h>

#include "cbuild/image/root_views.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "src/ops/sources/base_images.h"
#include "src/ops/step.h"
#include "src/ops/step_context.h"

namespace cbuild::ops {

solver::Result run_rebase(const StepContext& context, const Step& step) {
  const image::Stack parent = stack_of(step.parent());
  const image::Stack linked = stack_of(step.inputs[1]);
  if (!parent || !linked) return step.inputs[1];
  return solver::RootFileSystem{context.store.snapshots().rebase(*linked, *parent).chain_id};
}

}  // namespace cbuild::ops
