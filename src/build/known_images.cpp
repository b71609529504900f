// Base images without a registry; see known_images.h.
#include "cbuild/build/known_images.h"

#include "cbuild/util/error.h"
#include "src/build/store_resolver.h"

namespace cbuild::build {

namespace {

constexpr std::string_view kImageScheme = "docker-image://";

}  // namespace

frontend::ResolvedImage KnownImages::resolve(const oci::Reference& reference,
                                             const oci::Platform& platform) {
  try {
    if (store_ == nullptr) return assumed_empty(reference, platform, reference.familiar());
    if (auto image = find_known_image(*store_, reference, platform))
      return {reference, image->manifest.digest, std::move(image->config)};
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {  // a damaged one tells nothing
  }
  return assumed_empty(reference, platform, reference.familiar());
}

frontend::ResolvedImage KnownImages::resolve_context(const std::string& name,
                                                     const oci::Platform& platform) {
  const auto given = contexts_.find(name);
  if (given != contexts_.end() && given->second.starts_with(kImageScheme))
    return resolve(oci::Reference::parse(given->second.substr(kImageScheme.size())), platform);
  oci::Reference reference;
  reference.registry = "oci-layout";
  reference.repository = "context";
  return assumed_empty(reference, platform, name);
}

frontend::ResolvedImage KnownImages::assumed_empty(const oci::Reference& reference,
                                                   const oci::Platform& platform,
                                                   const std::string& name) {
  unknown_.push_back(name);
  frontend::ResolvedImage image;
  image.reference = reference;
  image.manifest = reference.digest.value_or(oci::Digest::of(reference.to_string()));
  image.config.platform = platform;
  image.is_known = false;
  return image;
}

}  // namespace cbuild::build
