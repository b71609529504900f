// Base images without a registry; see offline_resolver.h.
#include "cbuild/build/offline_resolver.h"

#include "cbuild/image/resolve.h"
#include "cbuild/util/error.h"

namespace cbuild::build {

frontend::ResolvedImage OfflineResolver::resolve(const oci::Reference& reference,
                                                 const oci::Platform& platform) {
  try {
    if (store_ == nullptr) return assumed_empty(reference, platform, reference.familiar());
    if (auto found = image::find_in_store(*store_, reference, platform))
      return {reference, found->descriptor.digest, std::move(found->config)};
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {  // a damaged image tells nothing
  }
  return assumed_empty(reference, platform, reference.familiar());
}

frontend::ResolvedImage OfflineResolver::resolve_context(const std::string& name,
                                                         const oci::Platform& platform) {
  const auto given = contexts_.find(name);
  const image::Location* location = given == contexts_.end() ? nullptr : image_in(given->second);
  const auto* reference = location ? std::get_if<oci::Reference>(location) : nullptr;
  if (reference != nullptr) return resolve(*reference, platform);
  return assumed_empty(image::layout_reference(), platform, name);
}

frontend::ResolvedImage OfflineResolver::assumed_empty(const oci::Reference& reference,
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
