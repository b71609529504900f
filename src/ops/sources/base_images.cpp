// Base images; see base_images.h.
#include "src/ops/sources/base_images.h"

#include "cbuild/graph/op.h"
#include "cbuild/image/unpack.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/registry/registry.h"
#include "cbuild/registry/repository.h"
#include "cbuild/solver/steps.h"
#include "cbuild/solver/vertex_error.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/progress.h"

namespace cbuild::ops {

std::optional<oci::Digest> stack_of(const solver::Result& result) {
  return std::get<solver::RootFileSystem>(result).chain;
}

solver::Result BaseImages::identify(graph::VertexId vertex, const graph::ImageSource& op) {
  const auto chain = oci::chain_of(op.diff_ids);
  if (!chain) return solver::RootFileSystem{};
  {
    const std::lock_guard lock(mutex_);
    auto image = std::make_unique<Image>();
    image->vertex = vertex;
    image->reference = op.reference;
    image->manifest = op.manifest;
    images_.emplace(*chain, std::move(image));
  }
  if (image::is_unpacked(store_, *chain)) {  // otherwise it is shown when it is fetched
    steps_.begin(vertex).end(Progress::Outcome::cached);
  }
  return solver::RootFileSystem{chain};
}

bool BaseImages::is_available(const solver::Result& result) const {
  const auto chain = stack_of(result);
  return !chain || image::is_unpacked(store_, *chain);
}

void BaseImages::make_available(const solver::Result& result, const CancelToken& cancel) {
  const auto chain = stack_of(result);
  if (!chain) return;
  {
    const std::lock_guard lock(mutex_);
    if (available_.contains(*chain)) return;
  }
  // Takes layers whose directories are gone out of use; they are fetched again.
  (void)store_.snapshots().is_usable(*chain);
  if (!image::is_unpacked(store_, *chain)) {
    Image* image = nullptr;
    for (const store::Snapshot& layer : store_.snapshots().stack(*chain)) {
      const std::lock_guard lock(mutex_);
      if (const auto found = images_.find(layer.chain_id); found != images_.end()) {
        image = found->second.get();
      }
    }
    if (image == nullptr) {
      throw Error("layer {} of a cached step is gone from the store", chain->to_string())
          .with_hint("run the build again: this time the step is executed");
    }
    fetch(*chain, *image, cancel);
  }
  const std::lock_guard lock(mutex_);
  available_.insert(*chain);
}

void BaseImages::fetch(const oci::Digest& chain, Image& image, const CancelToken& cancel) {
  const std::lock_guard lock(image.fetching);
  if (image::is_unpacked(store_, chain)) return;  // another step was faster
  const Progress::Step step = steps_.begin(image.vertex);
  try {
    // A name that was given here is no registry's.
    const auto repository =
        registry_.repository(store_.images().origin(image.manifest).value_or(image.reference));
    with_context(image.reference.familiar(), [&] {
      image::unpack_stack(chain, store_, {repository.get(), step}, cancel);
    });
    step.end(Progress::Outcome::done);
  } catch (const Interrupted&) {
    step.end(Progress::Outcome::cancelled);
    throw;
  } catch (const Error& error) {
    step.end(Progress::Outcome::failed, error.what());
    throw solver::VertexError(image.vertex, error);
  }
}

}  // namespace cbuild::ops
