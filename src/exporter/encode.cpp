// Compresses layers and records the result; see encode.h.
#include "src/exporter/encode.h"

#include <map>

#include "cbuild/exporter/annotate.h"
#include "cbuild/exporter/output.h"
#include "cbuild/exporter/services.h"
#include "cbuild/layer/compressor.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/records.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/key_hasher.h"
#include "cbuild/util/parallel.h"
#include "cbuild/util/text.h"

namespace cbuild::exporter {

namespace {

std::string_view media_type_of(layer::Compression compression) {
  if (compression == layer::Compression::zstd) return oci::media_type::kLayerZstd;
  if (compression == layer::Compression::gzip) return oci::media_type::kLayerGzip;
  return oci::media_type::kLayer;
}

bool is_plain(const oci::Descriptor& layer) {
  return oci::media_type::to_oci(layer.media_type) == oci::media_type::kLayer;
}

bool is_to_be_packed(const oci::Descriptor& layer, const Encoding& encoding) {
  if (oci::media_type::to_oci(layer.media_type) == media_type_of(encoding.compression))
    return false;
  return is_plain(layer) || encoding.force;
}

/// By the digest of the layer as it is: of an uncompressed one that is its diff ID.
oci::Digest record_key(const oci::Descriptor& layer, const Encoding& encoding) {
  KeyHasher hasher;
  hasher.add("diff_id", layer.digest.to_string())
      .add("compression", layer::to_string(encoding.compression))
      .add("level", static_cast<std::uint64_t>(encoding.level));
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

/// Packs one layer into the blob store.
oci::Descriptor pack_layer(const oci::Descriptor& layer,
                           const Encoding& encoding,
                           const ExportServices& services) {
  return services.store.add_blob(media_type_of(encoding.compression), [&](Sink& out) {
    const auto blob = services.store.blobs().open(layer);
    const auto unpacked = is_plain(layer) ? nullptr : layer::decompress(*blob);
    Source& tar = unpacked ? *unpacked : *blob;
    const auto compressor = layer::compress(encoding.compression, out, encoding.level);
    std::vector<std::byte> buffer(kIoBlock);
    while (const std::size_t count = tar.read(buffer)) {
      services.cancel.check();
      compressor->write(std::span(buffer).first(count));
    }
    compressor->finish();
  });
}

oci::Descriptor encode_layer(const oci::Descriptor& layer,
                             const Encoding& encoding,
                             oci::BlobStore* destination,
                             const ExportServices& services) {
  const oci::Digest key = record_key(layer, encoding);
  if (const auto text = services.store.records().find(store::RecordKind::encoding, key)) {
    const auto known = from_record(*text);
    if (known && (services.store.blobs().has(*known) ||
                  (destination != nullptr && destination->has(*known)))) {
      return *known;
    }
  }
  const oci::Descriptor encoded = pack_layer(layer, encoding, services);
  services.store.records().save(store::RecordKind::encoding, key, to_record(encoded));
  return encoded;
}

void use_docker_types(oci::Manifest& manifest) {
  if (!manifest.annotations.empty()) {
    throw Error(ErrorKind::usage, "oci-mediatypes=false: Docker's manifests have no annotations");
  }
  manifest.media_type = oci::media_type::to_docker(manifest.media_type);
  manifest.config.media_type = oci::media_type::to_docker(manifest.config.media_type);
  for (oci::Descriptor& layer : manifest.layers) {
    if (layer.media_type == oci::media_type::kLayerZstd) {
      throw Error(ErrorKind::usage, "oci-mediatypes=false: Docker's manifests have no zstd layers")
          .with_hint("add compression=gzip,force-compression=true, or remove oci-mediatypes=false");
    }
    layer.media_type = oci::media_type::to_docker(layer.media_type);
  }
}

/// `descriptor` with media type, digest and size of `text`, which is written.
void rewrite(oci::Descriptor& descriptor,
             std::string_view media_type,
             const std::string& text,
             oci::BlobStore& blobs) {
  const oci::Descriptor written = oci::describe(media_type, text);
  oci::write_blob(blobs, written, text);
  descriptor.media_type = written.media_type;
  descriptor.digest = written.digest;
  descriptor.size = written.size;
}

void encode_manifest(oci::Descriptor& descriptor,
                     const Encoding& encoding,
                     oci::BlobStore* destination,
                     const ExportServices& services) {
  oci::BlobStore& blobs = services.store.blobs();
  oci::Manifest manifest = oci::Manifest::parse(oci::read_document(blobs, descriptor));
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    if (is_to_be_packed(manifest.layers[i], encoding)) wanted.push_back(i);
  }
  if (wanted.empty() && !encoding.docker_types) return;
  parallel_for(wanted.size(), processor_count(), [&](std::size_t i) {
    oci::Descriptor& layer = manifest.layers[wanted[i]];
    layer = encode_layer(layer, encoding, destination, services);
  });
  if (encoding.docker_types) use_docker_types(manifest);
  rewrite(descriptor, manifest.media_type, manifest.to_json(), blobs);
}

/// Attestations say by digest which manifest they are about.
void follow_subjects(oci::Index& index, const std::map<std::string, std::string>& renamed) {
  for (oci::Descriptor& manifest : index.manifests) {
    const auto subject = manifest.annotations.find("vnd.docker.reference.digest");
    if (subject == manifest.annotations.end()) continue;
    if (const auto found = renamed.find(subject->second); found != renamed.end())
      subject->second = found->second;
  }
}

void encode_index(oci::Descriptor& descriptor,
                  const Encoding& encoding,
                  oci::BlobStore* destination,
                  const ExportServices& services) {
  oci::BlobStore& blobs = services.store.blobs();
  oci::Index index = oci::Index::parse(oci::read_document(blobs, descriptor));
  std::map<std::string, std::string> renamed;
  for (oci::Descriptor& manifest : index.manifests) {
    if (oci::is_attestation(manifest)) continue;
    const std::string former = manifest.digest.to_string();
    const oci::Descriptor encoded = encode_image(manifest, encoding, destination, services);
    if (encoded == manifest) continue;
    manifest = encoded;
    renamed[former] = encoded.digest.to_string();
  }
  if (renamed.empty() && !encoding.docker_types) return;
  follow_subjects(index, renamed);
  if (encoding.docker_types) index.media_type = oci::media_type::to_docker(index.media_type);
  rewrite(descriptor, index.media_type, index.to_json(), blobs);
}

}  // namespace

oci::Descriptor encode_image(const oci::Descriptor& image,
                             const Encoding& encoding,
                             oci::BlobStore* destination,
                             const ExportServices& services) {
  oci::Descriptor encoded = image;
  if (oci::media_type::is_index(image.media_type)) {
    encode_index(encoded, encoding, destination, services);
  } else {
    encode_manifest(encoded, encoding, destination, services);
  }
  return encoded;
}

oci::Descriptor encode_for(const Output& output,
                           const oci::Descriptor& image,
                           layer::Compression by_default,
                           oci::BlobStore* destination,
                           const ExportServices& services) {
  const Encoding encoding{.compression = output.compression.value_or(by_default),
                          .level = output.compression_level,
                          .force = output.force_compression,
                          .docker_types = output.docker_types};
  const oci::Descriptor annotated = annotate(image, output.annotations, services.store.blobs());
  return encode_image(annotated, encoding, destination, services);
}

}  // namespace cbuild::exporter
