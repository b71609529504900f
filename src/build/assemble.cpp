// Images; see assemble.h.
#include "src/build/assemble.h"

#include <time.h>

#include <algorithm>

#include "cbuild/oci/manifest.h"
#include "cbuild/util/key_hasher.h"
#include "cbuild/util/text.h"
#include "src/build/working_namespace.h"

namespace cbuild::build {

namespace {

/// A layer with no time later than `epoch`: the snapshot's tar anew, kept as a blob where it
/// differs from the snapshot's own. Known ones are not made again.
oci::Descriptor clamped_layer(const store::Snapshot& snapshot,
                              std::int64_t epoch,
                              const Environment& environment) {
  KeyHasher hasher;
  hasher.add("chain", snapshot.chain_id.to_string())
      .add("epoch", static_cast<std::uint64_t>(epoch));
  const oci::Digest key(hasher.finish());
  store::Records& records = environment.store.records();
  if (const auto record = records.find(store::RecordKind::clamped, key)) {
    const auto space = record->find(' ');
    const auto digest = oci::Digest::try_parse(record->substr(0, space));
    const auto size =
        parse_uint(std::string_view(*record).substr(std::min(space + 1, record->size())));
    if (digest && size) {
      oci::Descriptor known{std::string(oci::media_type::kLayer), *digest, *size, std::nullopt, {}};
      if (environment.store.blobs().has(known)) return known;
    }
  }
  enter_working_namespace(environment);
  const oci::Descriptor made = environment.store.add_blob(oci::media_type::kLayer, [&](Sink& out) {
    environment.store.snapshots().write_tar(snapshot.chain_id, out, epoch, environment.cancel);
  });
  records.save(store::RecordKind::clamped, key,
               fmt::format("{} {}", made.digest.to_string(), made.size));
  return made;
}

/// A layer of the image: its diff ID, and its blob as the manifest names it.
struct ImageLayer {
  oci::Digest diff_id;
  oci::Descriptor blob;
};

ImageLayer layer_of(const store::Snapshot& snapshot,
                    const AssembleRequest& request,
                    bool own,
                    const Environment& environment) {
  if (own && snapshot.made_here && request.source_date_epoch && request.rewrite_timestamps) {
    const oci::Descriptor clamped =
        clamped_layer(snapshot, *request.source_date_epoch, environment);
    return {clamped.digest, clamped};
  }
  // A layer that was pulled too keeps its own form where it was made: the manifest must not depend
  // on what else is in the store.
  if (snapshot.blob && !(own && snapshot.made_here)) {
    oci::Descriptor blob = *snapshot.blob;
    blob.media_type = oci::media_type::to_oci(blob.media_type);  // as is the manifest's
    return {snapshot.diff_id, std::move(blob)};
  }
  return {
      snapshot.diff_id,
      {std::string(oci::media_type::kLayer), snapshot.diff_id, snapshot.size, std::nullopt, {}}};
}

std::int64_t clamp(std::int64_t time, const std::optional<std::int64_t>& epoch) {
  return epoch ? std::min(time, *epoch) : time;
}

/// Dates the history entries of this build: each layer's own time; entries without a layer have
/// that of the one before.
void date_history(oci::ImageConfig& config,
                  const AssembleRequest& request,
                  const std::vector<store::Snapshot>& stack,
                  std::int64_t newest) {
  std::int64_t time = parse_rfc3339(config.created).value_or(newest);
  std::size_t layer = request.base_layers;
  for (std::size_t i = request.base_history; i < config.history.size(); ++i) {
    oci::HistoryEntry& entry = config.history[i];
    if (!entry.empty_layer && layer < stack.size() && !request.dated) time = stack[layer++].created;
    entry.created = rfc3339(clamp(time, request.source_date_epoch));
  }
}

/// When this configuration was first made on those layers: equal builds have equal images.
std::int64_t first_time(const AssembleRequest& request, const Environment& environment) {
  KeyHasher hasher;
  hasher.add("config", request.config.to_json())
      .add("chain", request.chain ? request.chain->to_string() : "");
  const oci::Digest key(hasher.finish());
  store::Records& records = environment.store.records();
  if (const auto text = records.find(store::RecordKind::dated, key)) {
    if (const auto time = parse_uint(*text)) return static_cast<std::int64_t>(*time);
  }
  const std::int64_t now = ::time(nullptr);
  records.save(store::RecordKind::dated, key, std::to_string(now));
  return now;
}

std::int64_t newest_time(const AssembleRequest& request,
                         const std::vector<store::Snapshot>& stack,
                         const Environment& environment) {
  std::int64_t newest = parse_rfc3339(request.config.created).value_or(0);
  for (std::size_t i = request.base_layers; i < stack.size() && !request.dated; ++i)
    newest = std::max(newest, stack[i].created);
  return newest != 0 ? newest : first_time(request, environment);
}

}  // namespace

Assembled assemble(const AssembleRequest& request, const Environment& environment) {
  std::vector<store::Snapshot> stack;
  if (request.chain) stack = environment.store.snapshots().stack(*request.chain);

  oci::ImageConfig config = request.config;
  oci::Manifest manifest;
  std::vector<oci::Digest> diff_ids;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    ImageLayer layer = layer_of(stack[i], request, i >= request.base_layers, environment);
    diff_ids.push_back(layer.diff_id);
    manifest.layers.push_back(std::move(layer.blob));
  }
  const std::int64_t newest = newest_time(request, stack, environment);
  date_history(config, request, stack, newest);
  config.diff_ids = std::move(diff_ids);
  config.created = rfc3339(clamp(newest, request.source_date_epoch));

  const std::string config_json = config.to_json();
  manifest.config = oci::describe(oci::media_type::kConfig, config_json);
  const std::string manifest_json = manifest.to_json();
  const oci::Descriptor descriptor = oci::describe(oci::media_type::kManifest, manifest_json);
  oci::write_blob(environment.store.blobs(), manifest.config, config_json);
  oci::write_blob(environment.store.blobs(), descriptor, manifest_json);
  return {manifest.config.digest, descriptor};
}

Assembled assemble_index(const std::vector<PlatformImage>& images, const Environment& environment) {
  oci::Index index;
  for (const PlatformImage& image : images) {
    oci::Descriptor manifest = image.image.manifest;
    manifest.platform = image.platform;
    index.manifests.push_back(std::move(manifest));
  }
  const std::string json = index.to_json();
  const oci::Descriptor descriptor = oci::describe(index.media_type, json);
  oci::write_blob(environment.store.blobs(), descriptor, json);
  return {descriptor.digest, descriptor};
}

}  // namespace cbuild::build
