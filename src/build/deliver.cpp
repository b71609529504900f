// Assembles, exports and names; see deliver.h.
#include "src/build/deliver.h"

#include <map>
#include <optional>

#include "cbuild/build/request.h"
#include "cbuild/build/result.h"
#include "cbuild/exporter/annotate.h"
#include "cbuild/exporter/exporter.h"
#include "cbuild/image/root_views.h"
#include "cbuild/image/unpack.h"
#include "cbuild/image/working_namespace.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/images.h"
#include "cbuild/store/kept_data.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/file_owners.h"
#include "src/build/assemble.h"
#include "src/build/assemble_index.h"
#include "src/build/planned_build.h"
#include "src/build/switches.h"

namespace cbuild::build {

namespace {

Assembled assemble_target(const PlannedBuild& build,
                          const Target& target,
                          const solver::Results& results,
                          const image::Services& services) {
  AssembleRequest assembly;
  assembly.config = target.config;
  assembly.base_history = target.base_history;
  assembly.base_layers = target.config.diff_ids.size();
  assembly.source_date_epoch = build.source_date_epoch;
  assembly.rewrite_timestamps = build.request.rewrite_timestamps;
  if (target.root != graph::kNoInput)
    assembly.chain = std::get<solver::RootFileSystem>(*results[target.root]).chain;
  return assemble(assembly, services);
}

struct Built {
  Assembled whole;  ///< the image, or the index of all, with the annotations that were asked for
  /// The stacks of snapshots, by the IDs of the images.
  std::map<oci::Digest, std::optional<oci::Digest>> chains;
};

Built assemble_all(const PlannedBuild& build,
                   const solver::Results& results,
                   const image::Services& services) {
  const Request& request = build.request;
  Built built;
  std::vector<PlatformImage> images;
  for (const Target& target : build.targets) {
    images.push_back({target.platform, assemble_target(build, target, results, services)});
    built.chains[images.back().image.image_id] = images.back().image.chain;
  }
  const bool single =
      images.size() == 1 && !is_switched_on(request.build_args, "BUILDKIT_MULTI_PLATFORM");
  Assembled& whole = built.whole;
  whole = single ? images.front().image : assemble_index(images, services);
  if (single) whole.manifest.platform = images.front().platform;  // annotations may be for one
  whole.manifest = exporter::annotate(whole.manifest, request.annotations, services.store.blobs());
  whole.manifest.platform.reset();
  if (!single) whole.image_id = whole.manifest.digest;
  return built;
}

bool has_other_annotations(const oci::Descriptor& one,
                           const oci::Descriptor& other,
                           oci::BlobStore& blobs) {
  if (one.digest == other.digest) return false;
  return oci::Manifest::parse(oci::read_document(blobs, one)).annotations !=
         oci::Manifest::parse(oci::read_document(blobs, other)).annotations;
}

/// Names the image; writes nothing when it has the name already, as in a build where all was
/// cached.
void name_image(const Request& request, const Assembled& image, store::Store& store) {
  store::Images& images = store.images();
  const auto known = images.find(image.image_id);
  if (known && has_other_annotations(known->manifest, image.manifest, store.blobs())) {
    images.replace_manifest(image.image_id, image.manifest);
  }
  images.add(image.image_id, image.manifest, request.tags);
}

/// Lets the store find the image by the digest that a registry has of it, too.
void note_digests(const std::vector<Pushed>& pushed, const oci::Digest& id, store::Store& store) {
  for (const Pushed& one : pushed)
    store.images().note_digest(one.name, one.image.digest, id);
}

exporter::ExportServices export_services(const image::Services& services,
                                         const Built& built,
                                         bool superuser) {
  exporter::ExportServices result{services};
  // A process with one id can give nothing away.
  result.keep_owners = superuser && services.store.ownership() == Ownership::real;
  result.open_root = [&](const oci::Digest& image_id) {
    image::enter_working_namespace(services);
    const auto& chain = built.chains.at(image_id);
    if (chain) image::unpack_stack(*chain, services.store, {}, services.cancel);
    return image::open_root(services.store, chain);
  };
  return result;
}

/// Exports to all that was asked for; `result` tells how the image got there.
void export_to(const Request& request,
               const image::Services& services,
               exporter::ExportServices to,
               Result& result) {
  to.on_pushed = [&](const oci::Reference& name, const oci::Descriptor& pushed) {
    result.pushed.push_back({name, pushed});
  };
  for (exporter::Output output : request.outputs) {
    if (output.names.empty()) output.names = request.tags;
    const bool reads_layers = output.type != "image" && output.type != "cacheonly";
    if (reads_layers) image::enter_working_namespace(services);
    const oci::Descriptor exported = exporter::export_image(result.manifest, output, to);
    const bool has_documents =
        output.type == "registry" || output.type == "oci" || output.type == "docker";
    if (has_documents) result.exported = exported;
  }
}

}  // namespace

Result deliver(const PlannedBuild& build,
               const solver::Results& results,
               const image::Services& services,
               bool superuser) {
  const Request& request = build.request;
  const Built built = assemble_all(build, results, services);
  const Assembled& image = built.whole;
  services.cancel.check();
  exporter::ExportServices to = export_services(services, built, superuser);
  if (request.rewrite_timestamps) to.latest_time = build.source_date_epoch;
  Result result{image.image_id, image.manifest, image.manifest, {}};
  export_to(request, services, std::move(to), result);
  services.store.kept().sync();
  if (is_for_cache_only(request)) {
    services.store.snapshots().sync();
  } else {
    name_image(request, image, services.store);
    note_digests(result.pushed, image.image_id, services.store);
  }
  return result;
}

}  // namespace cbuild::build
