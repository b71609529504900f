// Locations of images in --build-context: docker-image://REFERENCE, oci-layout://PATH.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "cbuild/oci/reference.h"

namespace cbuild::image {

/// docker-image://scratch: the image without layers.
struct Scratch {
  friend bool operator==(const Scratch&, const Scratch&) = default;
};

/// oci-layout://PATH[:TAG][@DIGEST]: an image of an OCI image layout.
struct LayoutImage {
  std::string path;  ///< of the layout's directory
  std::string name;  ///< the digest, else the tag; empty = the only image of the layout
  friend bool operator==(const LayoutImage&, const LayoutImage&) = default;
};

/// The reference by which messages and labels of steps call an image of a layout: it has no name.
oci::Reference layout_reference(std::optional<oci::Digest> manifest = std::nullopt);

using Location = std::variant<Scratch, oci::Reference, LayoutImage>;

/// Parses docker-image://, container-image://, docker:// and oci-layout://. nullopt for a text with
/// another scheme or none: it names no image.
/// @throws Error(usage) for what is no reference
std::optional<Location> parse_location(std::string_view text);

}  // namespace cbuild::image
