// Names of an image in their short form, as users write them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace cbuild::oci {
class Digest;
struct Reference;
}  // namespace cbuild::oci

namespace cbuild::store {
struct Image;
}

namespace cbuild::image {

/// oci::Reference::familiar() of each.
std::vector<std::string> familiar(const std::vector<oci::Reference>& references);
/// Of all names of `image`.
std::vector<std::string> familiar_names(const store::Image& image);
/// Of its names without a digest.
std::vector<std::string> tagged_names(const store::Image& image);

/// The digest by which the registry of `name` has the image; nullopt where none is known.
std::optional<oci::Digest> digest_at(const store::Image& image, const oci::Reference& name);

}  // namespace cbuild::image
