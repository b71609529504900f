// Texts that name images; see location.h.
#include "cbuild/image/location.h"

#include <utility>

namespace cbuild::image {

namespace {

constexpr std::string_view kLayoutScheme = "oci-layout://";
constexpr std::string_view kImageSchemes[] = {"docker-image://", "container-image://", "docker://"};

/// @param text  PATH[:TAG][@DIGEST]
LayoutImage parse_layout_image(std::string_view text) {
  LayoutImage image;
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    image.name = text.substr(at + 1);
    text = text.substr(0, at);
  }
  const auto colon = text.find_last_of(':');
  if (colon != std::string_view::npos && text.find('/', colon) == std::string_view::npos) {
    if (image.name.empty()) image.name = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  image.path = text;
  return image;
}

}  // namespace

oci::Reference layout_reference(std::optional<oci::Digest> manifest) {
  return {"oci-layout", "context", {}, std::move(manifest)};
}

std::optional<Location> parse_location(std::string_view text) {
  if (text.starts_with(kLayoutScheme)) return parse_layout_image(text.substr(kLayoutScheme.size()));
  for (const std::string_view scheme : kImageSchemes) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view name = text.substr(scheme.size());
    if (name == "scratch") return Scratch{};
    return oci::Reference::parse(name);
  }
  return std::nullopt;
}

}  // namespace cbuild::image
