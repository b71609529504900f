// Images; see assemble.h.
#include "src/build/assemble.h"

#include <time.h>

#include <algorithm>

#include "cbuild/image/services.h"
#include "cbuild/image/working_namespace.h"
#include "cbuild/image/write_image.h"
#include "cbuild/oci/blob_store.h"
#include "cbuild/store/records.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/key_hasher.h"
#include "cbuild/util/text.h"

namespace cbuild::build {

namespace {

/// A layer with no time later than `epoch`: the snapshot's tar anew, kept as a blob where it
/// differs from the snapshot's own. Known ones are not made again.
oci::Descriptor clamped_layer(const store::Snapshot& snapshot,
                              std::int64_t epoch,
                              const image::Services& services) {
  KeyHasher hasher;
  hasher.add("chain", snapshot.chain_id.to_string())
      .add("epoch", static_cast<std::uint64_t>(epoch));
  const oci::Digest key(hasher.finish());
  store::Records& records = services.store.records();
  if (const auto record = records.find(store::RecordKind::clamped, key)) {
    const auto space = record->find(' ');
    const auto digest = oci::Digest::try_parse(record->substr(0, space));
    const auto size =
        parse_uint(std::string_view(*record).substr(std::min(space + 1, record->size())));
    if (digest && size) {
      oci::Descriptor known{std::string(oci::media_type::kLayer), *digest, *size, std::nullopt, {}};
      if (services.store.blobs().has(known)) return known;
    }
  }
  image::enter_working_namespace(services);
  const oci::Descriptor made = services.store.add_blob(oci::media_type::kLayer, [&](Sink& out) {
    services.store.snapshots().write_tar(snapshot.chain_id, out, epoch, services.cancel);
  });
  records.save(store::RecordKind::clamped, key,
               fmt::format("{} {}", made.digest.to_string(), made.size));
  return made;
}

image::ImageLayer layer_of(const store::Snapshot& snapshot,
                           const AssembleRequest& request,
                           bool own,
                           const image::Services& services) {
  if (own && snapshot.made_here && request.source_date_epoch && request.rewrite_timestamps) {
    const oci::Descriptor clamped = clamped_layer(snapshot, *request.source_date_epoch, services);
    return {clamped.digest, clamped};
  }
  // A layer that was pulled too keeps its own form where it was made: the manifest must not depend
  // on what else is in the store.
  if (snapshot.blob && !(own && snapshot.made_here)) {
    oci::Descriptor blob = *snapshot.blob;
    blob.media_type = oci::media_type::to_oci(blob.media_type);  // as is the manifest's
    return {snapshot.diff_id, std::move(blob)};
  }
  return image::as_made_here(snapshot);
}

bool has_own_layers(const AssembleRequest& request, const std::vector<store::Snapshot>& stack) {
  return request.base_layers < stack.size();
}

/// Dates the history entries of this build: each layer's own time; entries without a layer have
/// that of the layer before, or of the first. With an epoch, that.
void date_history(oci::ImageConfig& config,
                  const AssembleRequest& request,
                  const std::vector<store::Snapshot>& stack,
                  std::int64_t newest) {
  const bool own_layers = has_own_layers(request, stack);
  std::int64_t time = own_layers ? stack[request.base_layers].created : newest;
  std::size_t layer = request.base_layers;
  for (std::size_t i = request.base_history; i < config.history.size(); ++i) {
    oci::HistoryEntry& entry = config.history[i];
    if (!entry.empty_layer && own_layers && layer < stack.size()) time = stack[layer++].created;
    entry.created = rfc3339(request.source_date_epoch.value_or(time));
  }
}

/// When this configuration was first made on those layers: equal builds have equal images.
std::int64_t first_time(const AssembleRequest& request, const image::Services& services) {
  KeyHasher hasher;
  hasher.add("config", request.config.to_json())
      .add("chain", request.chain ? request.chain->to_string() : "");
  const oci::Digest key(hasher.finish());
  store::Records& records = services.store.records();
  if (const auto text = records.find(store::RecordKind::dated, key)) {
    if (const auto time = parse_uint(*text)) return static_cast<std::int64_t>(*time);
  }
  const std::int64_t now = ::time(nullptr);
  records.save(store::RecordKind::dated, key, std::to_string(now));
  return now;
}

/// When something was last added to the base, as its history tells it; 0 = it does not.
std::int64_t time_of_base(const AssembleRequest& request) {
  for (std::size_t i = request.base_history; i > 0; --i) {
    if (const auto time = parse_rfc3339(request.config.history[i - 1].created)) return *time;
  }
  return 0;
}

/// A build that made no layer leaves the image its base's time, as BuildKit does.
std::int64_t newest_time(const AssembleRequest& request,
                         const std::vector<store::Snapshot>& stack,
                         const image::Services& services) {
  std::int64_t newest = parse_rfc3339(request.config.created).value_or(0);
  for (std::size_t i = request.base_layers; i < stack.size(); ++i)
    newest = std::max(newest, stack[i].created);
  if (newest == 0) newest = time_of_base(request);
  return newest != 0 ? newest : first_time(request, services);
}

/// The time of the image. The epoch counts for what this build added, and bounds the rest.
std::int64_t image_time(const AssembleRequest& request, std::int64_t newest) {
  if (!request.source_date_epoch) return newest;
  const bool added = request.config.history.size() > request.base_history;
  return added ? *request.source_date_epoch : std::min(newest, *request.source_date_epoch);
}

}  // namespace

Assembled assemble(const AssembleRequest& request, const image::Services& services) {
  std::vector<store::Snapshot> stack;
  if (request.chain) stack = services.store.snapshots().stack(*request.chain);

  std::vector<image::ImageLayer> layers;
  for (std::size_t i = 0; i < stack.size(); ++i)
    layers.push_back(layer_of(stack[i], request, i >= request.base_layers, services));
  oci::ImageConfig config = request.config;
  const std::int64_t newest = newest_time(request, stack, services);
  date_history(config, request, stack, newest);
  config.created = rfc3339(image_time(request, newest));
  image::StoredImage written =
      image::write_image(services.store.blobs(), std::move(config), std::move(layers));
  return {std::move(written.id), std::move(written.manifest), request.chain};
}

}  // namespace cbuild::build
