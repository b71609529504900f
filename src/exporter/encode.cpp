// Compression of layers; see encode.h.
#include "src/exporter/encode.h"

#include "cbuild/oci/image_config.h"
#include "cbuild/util/error.h"
#include "cbuild/util/key_hasher.h"
#include "cbuild/util/text.h"
#include "cbuild/util/thread_pool.h"

namespace cbuild::exporter {

namespace {

std::string_view media_type_of(layer::Compression compression) {
  return compression == layer::Compression::zstd ? oci::media_type::kLayerZstd
                                                 : oci::media_type::kLayerGzip;
}

bool is_plain(const oci::Descriptor& layer) {
  return layer.media_type == oci::media_type::kLayer ||
         layer.media_type == oci::media_type::kDockerLayer;
}

oci::Digest record_key(const oci::Descriptor& plain, layer::Compression compression, int level) {
  KeyHasher hasher;
  hasher.add("diff_id", plain.digest.to_string())
      .add("compression", layer::to_string(compression))
      .add("level", static_cast<std::uint64_t>(level));
  return oci::Digest(hasher.finish());
}

std::string to_record(const oci::Descriptor& blob) {
  return fmt::format("{} {} {}", blob.digest.to_string(), blob.size, blob.media_type);
}

std::optional<oci::Descriptor> from_record(const std::string& text) {
  const std::vector<std::string> parts = split(text, ' ');
  if (parts.size() != 3) return std::nullopt;
  const auto digest = oci::Digest::try_parse(parts[0]);
  const auto size = parse_uint(parts[1]);
  if (!digest || !size) return std::nullopt;
  return oci::Descriptor{parts[2], *digest, *size, std::nullopt, {}};
}

/// Compresses one layer into the blob store.
oci::Descriptor compress_layer(const oci::Descriptor& plain,
                               layer::Compression compression,
                               int level,
                               const Environment& environment) {
  return environment.store.add_blob(media_type_of(compression), [&](Sink& out) {
    const auto tar = environment.store.blobs().open(plain);
    const auto compressor = layer::compress(compression, out, level);
    std::vector<std::byte> buffer(kIoBlock);
    while (const std::size_t count = tar->read(buffer)) {
      environment.cancel.check();
      compressor->write(std::span(buffer).first(count));
    }
    compressor->finish();
  });
}

oci::Descriptor encode_layer(const oci::Descriptor& plain,
                             layer::Compression compression,
                             int level,
                             oci::BlobStore* destination,
                             const Environment& environment) {
  const oci::Digest key = record_key(plain, compression, level);
  if (const auto text = environment.store.records().find(store::RecordKind::encoding, key)) {
    const auto known = from_record(*text);
    if (known && (environment.store.blobs().has(*known) ||
                  (destination != nullptr && destination->has(*known)))) {
      return *known;
    }
  }
  const oci::Descriptor encoded = compress_layer(plain, compression, level, environment);
  environment.store.records().save(store::RecordKind::encoding, key, to_record(encoded));
  return encoded;
}

}  // namespace

EncodedImage encode_image(const oci::Descriptor& manifest,
                          layer::Compression compression,
                          int level,
                          oci::BlobStore* destination,
                          const Environment& environment) {
  oci::BlobStore& blobs = environment.store.blobs();
  std::string document = oci::read_document(blobs, manifest);
  oci::Manifest content = oci::Manifest::parse(document);
  std::vector<std::size_t> plain;
  for (std::size_t i = 0; i < content.layers.size(); ++i) {
    if (is_plain(content.layers[i])) plain.push_back(i);
  }
  if (compression == layer::Compression::none || plain.empty())
    return {manifest, std::move(document), std::move(content)};

  parallel_for(plain.size(), processor_count(), [&](std::size_t i) {
    oci::Descriptor& layer = content.layers[plain[i]];
    layer = encode_layer(layer, compression, level, destination, environment);
  });
  document = content.to_json();
  const oci::Descriptor encoded = oci::describe(content.media_type, document);
  oci::write_blob(blobs, encoded, document);
  return {encoded, std::move(document), std::move(content)};
}

}  // namespace cbuild::exporter
