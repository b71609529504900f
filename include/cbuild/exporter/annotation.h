// Annotations of manifests, indexes and descriptors, as --annotation gives them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/oci/platform.h"

namespace cbuild::exporter {

/// Source: docker buildx build, --annotation.
struct Annotation {
  /// The document, or the descriptor by which an index names it.
  enum class Place { manifest, index, manifest_descriptor, index_descriptor };

  Place place = Place::manifest;
  std::optional<oci::Platform> platform;  ///< of the manifests meant; absent = all
  std::string key;
  std::string value;

  friend bool operator==(const Annotation&, const Annotation&) = default;
};

/// Whether the annotation is of an index, which an image for one platform does not have.
constexpr bool is_of_index(Annotation::Place place) {
  return place == Annotation::Place::index || place == Annotation::Place::index_descriptor;
}

/// "[PLACE[PLATFORM][,PLACE…]:]KEY=VALUE"; one annotation for each place. Without a place it is the
/// manifest. @throws Error(usage)
std::vector<Annotation> parse_annotation(std::string_view text);

/// "manifest", "index[linux/amd64]", …: place and platform into `annotation`. @return false when it
/// is none.
bool set_place(Annotation& annotation, std::string_view text);

}  // namespace cbuild::exporter
