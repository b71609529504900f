// The rebase of a layer; see rebase.h.
#include "src/ops/steps/rebase.h"

#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"

namespace cbuild::ops {

solver::Result run_rebase(const StepContext& context, const Step& step) {
  const solver::Result& linked = step.inputs[1];
  if (step.parent().id.empty()) return linked;
  const auto parent = oci::Digest::parse(step.parent().id);
  const auto layer = oci::Digest::parse(linked.id);
  return {context.store.snapshots().rebase(layer, parent).chain_id.to_string()};
}

}  // namespace cbuild::ops
