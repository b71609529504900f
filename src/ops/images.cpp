// Base images; see images.h.
#include "src/ops/images.h"

#include <algorithm>

#include "cbuild/oci/image_config.h"
#include "cbuild/ops/worker.h"
#include "cbuild/solver/solver.h"
#include "cbuild/util/error.h"
#include "src/ops/root_view.h"

namespace cbuild::ops {

namespace {

bool is_unpacked(const std::vector<store::Snapshot>& stack) {
  return std::ranges::all_of(stack, &store::Snapshot::unpacked);
}

/// Shows the transfer of layers under the image's vertex.
class ImageLog final : public solver::StepLog {
 public:
  ImageLog(solver::Observer& observer, graph::VertexId vertex)
      : observer_(observer), vertex_(vertex) {}

  void output(int stream, std::string_view text) override {
    observer_.output(vertex_, stream, text);
  }

  void transfer(std::string_view item, std::uint64_t done, std::uint64_t total) override {
    observer_.transfer(vertex_, item, done, total);
  }

 private:
  solver::Observer& observer_;
  graph::VertexId vertex_;
};

}  // namespace

solver::Result BaseImages::identify(graph::VertexId vertex, const graph::ImageSource& op) {
  const auto chain = oci::chain_of(op.diff_ids);
  if (!chain) return {};
  {
    const std::lock_guard lock(mutex_);
    auto image = std::make_unique<Image>();
    image->vertex = vertex;
    image->reference = op.reference;
    image->manifest = op.manifest;
    images_.emplace(*chain, std::move(image));
  }
  if (is_unpacked(store_.snapshots().stack(*chain))) {  // otherwise it is shown when it is fetched
    observer_.started(vertex);
    observer_.finished(vertex, solver::Outcome::cached, {});
  }
  return {chain->to_string()};
}

bool BaseImages::is_available(const solver::Result& result) const {
  const auto chain = stack_of(result);
  return !chain || is_unpacked(store_.snapshots().stack(*chain));
}

void BaseImages::make_available(const solver::Result& result) {
  const auto chain = stack_of(result);
  if (!chain) return;
  {
    const std::lock_guard lock(mutex_);
    if (available_.contains(result.id)) return;
  }
  // Takes layers whose directories are gone out of use; they are fetched again.
  (void)store_.snapshots().is_usable(*chain);
  const std::vector<store::Snapshot> stack = store_.snapshots().stack(*chain);
  if (!is_unpacked(stack)) {
    Image* image = nullptr;
    for (const store::Snapshot& layer : stack) {
      const std::lock_guard lock(mutex_);
      if (const auto found = images_.find(layer.chain_id); found != images_.end()) {
        image = found->second.get();
      }
    }
    if (image == nullptr) {
      throw Error("layer {} of a cached step is gone from the store", chain->to_string())
          .with_hint("run the build again: the step is run anew");
    }
    fetch(*chain, *image);
  }
  const std::lock_guard lock(mutex_);
  available_.emplace(result.id, true);
}

void BaseImages::fetch(const oci::Digest& chain, Image& image) {
  const std::lock_guard lock(image.fetching);
  if (is_unpacked(store_.snapshots().stack(chain))) return;  // another step was faster
  observer_.started(image.vertex);
  try {
    ImageLog log(observer_, image.vertex);
    // A name that was given here is no registry's.
    const auto repository =
        registry_.repository(store_.images().origin(image.manifest).value_or(image.reference));
    with_context(image.reference.familiar(),
                 [&] { unpack_stack(chain, store_, repository.get(), log, cancel_); });
    observer_.finished(image.vertex, solver::Outcome::done, {});
  } catch (const Interrupted&) {
    observer_.finished(image.vertex, solver::Outcome::cancelled, {});
    throw;
  } catch (const Error& error) {
    observer_.finished(image.vertex, solver::Outcome::failed, error.what());
    throw solver::VertexError(image.vertex, error);
  }
}

}  // namespace cbuild::ops
