// Names of images; see names.h.
#include "cbuild/image/names.h"

#include <algorithm>

#include "cbuild/oci/digest.h"
#include "cbuild/oci/reference.h"
#include "cbuild/store/images.h"

namespace cbuild::image {

std::vector<std::string> familiar(const std::vector<oci::Reference>& references) {
  std::vector<std::string> texts;
  for (const oci::Reference& reference : references)
    texts.push_back(reference.familiar());
  return texts;
}

std::vector<std::string> familiar_names(const store::Image& image) {
  return familiar(image.names);
}

std::vector<std::string> tagged_names(const store::Image& image) {
  std::vector<oci::Reference> tagged = image.names;
  std::erase_if(tagged, [](const oci::Reference& name) { return name.digest.has_value(); });
  return familiar(tagged);
}

std::optional<oci::Digest> digest_at(const store::Image& image, const oci::Reference& name) {
  if (name.digest) return name.digest;
  const auto is_of_repository = [&](const auto& digest) { return digest.name() == name.name(); };
  const auto found = std::ranges::find_if(image.digests, is_of_repository);
  if (found == image.digests.end()) return std::nullopt;
  return found->digest;
}

}  // namespace cbuild::image
