// Base images for lowering, from the store or from where their names lead.
#pragma once

#include <string>

#include "cbuild/frontend/image_resolver.h"

namespace cbuild::image {
struct Services;
}

namespace cbuild::build {

struct Request;

/// Asks image::resolve(): what is not in the store is fetched. The counterpart that fetches nothing
/// is OfflineResolver.
class OnlineResolver final : public frontend::ImageResolver {
 public:
  OnlineResolver(const Request& request, const image::Services& services)
      : request_(request), services_(services) {}

  frontend::ResolvedImage resolve(const oci::Reference& reference,
                                  const oci::Platform& platform) override;
  frontend::ResolvedImage resolve_context(const std::string& name,
                                          const oci::Platform& platform) override;

 private:
  const Request& request_;
  const image::Services& services_;
};

}  // namespace cbuild::build
