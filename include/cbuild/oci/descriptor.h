// A typed pointer to a blob, and the media types we know.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "cbuild/oci/digest.h"
#include "cbuild/oci/platform.h"

namespace cbuild::oci {

namespace media_type {
inline constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kDockerList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view kDockerLayerGzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";

bool is_index(std::string_view type);
bool is_manifest(std::string_view type);
bool is_config(std::string_view type);
/// Layers of a file system, compressed or not; not foreign (nondistributable) ones.
bool is_layer(std::string_view type);
/// The same kind of document or layer in the other family of types; what has no counterpart (a zstd
/// layer among docker's) or is none of ours stays as it is.
std::string_view to_oci(std::string_view type);
std::string_view to_docker(std::string_view type);
}  // namespace media_type

/// Source: OCI image-spec v1.1, descriptor.md.
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::optional<Platform> platform;
  std::map<std::string, std::string> annotations;

  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

}  // namespace cbuild::oci
