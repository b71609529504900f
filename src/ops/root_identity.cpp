// Content of stages and images; see root_identity.h.
#include "src/ops/root_identity.h"

#include <utility>

#include "cbuild/graph/op.h"
#include "cbuild/image/root_views.h"
#include "cbuild/oci/digest.h"
#include "cbuild/store/records.h"
#include "cbuild/store/store.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/key_hasher.h"
#include "src/ops/file_tree.h"
#include "src/ops/select.h"
#include "src/ops/selection_digest.h"
#include "src/ops/sources/base_images.h"
#include "src/ops/step_context.h"

namespace cbuild::ops {

std::optional<std::string> root_identity(const StepContext& context,
                                         const graph::Copy& op,
                                         const solver::Result& from,
                                         SourceWords sources) {
  KeyHasher hasher;
  hasher.add("stack", to_text(from)).add("op", graph::key_of(op).to_string());
  if (sources == SourceWords::names) hasher.add("sources", "names");
  const oci::Digest memo(hasher.finish());
  store::Records& records = context.store.records();
  if (auto known = records.find(store::RecordKind::content, memo)) return known;

  // Not remembered: the files must be read, from within the namespace that may read them.
  if (!context.in_namespace) return std::nullopt;
  context.images.make_available(from, context.cancel);
  layer::RootTree root = context.views.open(stack_of(from));
  FileTree tree = sources == SourceWords::names ? mounted_stage_tree(std::move(root))
                                                : stage_tree(std::move(root));
  const Selection selection = select(std::move(tree), op, context.cancel);
  const DigestOptions options{.owners = op.owner.empty()};
  std::string digest = digest_of(selection, options, context.cancel).to_string();
  records.save(store::RecordKind::content, memo, digest);
  return digest;
}

}  // namespace cbuild::ops
