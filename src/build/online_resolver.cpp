// Base images by their names; see online_resolver.h.
#include "src/build/online_resolver.h"

#include <variant>

#include "cbuild/build/request.h"
#include "cbuild/image/location.h"
#include "cbuild/image/resolve.h"
#include "cbuild/util/error.h"

namespace cbuild::build {

frontend::ResolvedImage OnlineResolver::resolve(const oci::Reference& reference,
                                                const oci::Platform& platform) {
  const auto pull = request_.pull ? image::Pull::always : image::Pull::missing;
  image::Documents found = image::resolve(reference, platform, pull, services_);
  return {reference, found.descriptor.digest, std::move(found.config)};
}

frontend::ResolvedImage OnlineResolver::resolve_context(const std::string& name,
                                                        const oci::Platform& platform) {
  const auto& location = std::get<image::Location>(request_.contexts.at(name));
  if (const auto* reference = std::get_if<oci::Reference>(&location))
    return resolve(*reference, platform);
  image::Documents found = with_context("--build-context " + name, [&] {
    return image::resolve(std::get<image::LayoutImage>(location), platform, services_);
  });
  return {image::layout_reference(found.descriptor.digest), found.descriptor.digest,
          std::move(found.config)};
}

}  // namespace cbuild::build
