// Manifests and indexes as plain structs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/oci/descriptor.h"

namespace cbuild::oci {

/// Largest manifest, index or config that is read, and hence written.
inline constexpr std::uint64_t kMaxDocument = 4 << 20;

/// Source: OCI image-spec v1.1, manifest.md; Docker image manifest v2 schema 2 has the same shape.
struct Manifest {
  std::string media_type{media_type::kManifest};
  std::string artifact_type;  ///< what an artifact is; mostly empty
  Descriptor config;
  std::vector<Descriptor> layers;  ///< base first
  std::map<std::string, std::string> annotations;

  /// Strict: exact-case keys, no duplicates, depth ≤ 64, both "manifests" and "layers" refused.
  /// @throws Error
  static Manifest parse(std::string_view json);
  /// Deterministic JSON without blanks: equal manifests have equal digests.
  /// @throws Error(usage) beyond kMaxDocument, naming what makes it so large
  std::string to_json() const;
};

/// The type of an artifact that is stored as an image manifest: its artifactType, or the type of
/// its config. nullopt for an image. Source: OCI image-spec v1.1, manifest.md "Guidelines for
/// Artifact Usage".
std::optional<std::string> artifact_type_of(const Manifest& manifest);

/// Source: OCI image-spec v1.1, image-index.md; Docker manifest list has the same shape.
struct Index {
  std::string media_type{media_type::kIndex};
  std::vector<Descriptor> manifests;
  std::map<std::string, std::string> annotations;

  static Index parse(std::string_view json);
  std::string to_json() const;  ///< as Manifest::to_json
};

/// SBOMs and provenance hide in indexes as manifests of platform unknown/unknown.
bool is_attestation(const Descriptor& manifest);

/// The manifest of `index` that suits `wanted` best. Attestations (unknown/unknown) are never
/// chosen. @throws Error listing what there is.
Descriptor choose_platform(const Index& index, const Platform& wanted);

/// "name" for `text` of a JSON document with "mediaType"; the shape decides where it is missing.
/// @throws Error
std::string media_type_of_document(std::string_view json);

}  // namespace cbuild::oci
