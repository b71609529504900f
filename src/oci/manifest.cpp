// Choosing among the manifests of an index, and the chain of a config's layers.
#include "cbuild/oci/manifest.h"

#include "cbuild/oci/image_config.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::oci {

bool is_attestation(const Descriptor& manifest) {
  return manifest.annotations.contains("vnd.docker.reference.type") ||
         (manifest.platform && manifest.platform->os == "unknown");
}

Descriptor choose_platform(const Index& index, const Platform& wanted) {
  const Descriptor* best = nullptr;
  int best_quality = 0;
  std::string offered;
  for (const Descriptor& manifest : index.manifests) {
    if (is_attestation(manifest)) continue;
    const int quality = manifest.platform ? match_quality(wanted, *manifest.platform) : 1;
    if (quality > best_quality) {
      best = &manifest;
      best_quality = quality;
    }
    if (!offered.empty()) offered += ", ";
    offered +=
        manifest.platform ? printable(manifest.platform->to_string()) : "one without platform";
  }
  if (best != nullptr) return *best;
  throw Error("no image for platform {} (there is: {})", wanted.to_string(),
              offered.empty() ? "none" : offered);
}

std::optional<std::string> artifact_type_of(const Manifest& manifest) {
  constexpr std::uint64_t kEmptyObject = 2;  // "{}"
  const bool has_config = media_type::is_config(manifest.config.media_type) &&
                          (manifest.artifact_type.empty() || manifest.config.size > kEmptyObject);
  if (has_config) return std::nullopt;
  return manifest.artifact_type.empty() ? manifest.config.media_type : manifest.artifact_type;
}

std::optional<Digest> chain_of(const std::vector<Digest>& diff_ids) {
  std::optional<Digest> chain;
  for (const Digest& diff_id : diff_ids)
    chain = chain_id(chain, diff_id);
  return chain;
}

}  // namespace cbuild::oci
