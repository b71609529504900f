// Base images by their names: from the store, or from a registry into it.
#pragma once

#include <optional>
#include <string>

#include "cbuild/frontend/image_resolver.h"
#include "src/build/image_store.h"

namespace cbuild::build {

/// The image that has the name in the store for `platform`. A damaged one counts as none.
std::optional<KnownImage> find_known_image(store::Store& store,
                                           const oci::Reference& reference,
                                           const oci::Platform& platform);

/// Base images for lowering: what has the name in the store, else what the registry has, which is
/// then listed under that name.
class StoreResolver final : public frontend::ImageResolver {
 public:
  StoreResolver(const Request& request, const Environment& environment)
      : request_(request), environment_(environment) {}

  frontend::ResolvedImage resolve(const oci::Reference& reference,
                                  const oci::Platform& platform) override;
  frontend::ResolvedImage resolve_context(const std::string& name,
                                          const oci::Platform& platform) override;

 private:
  /// @param in_store  the store has it, which the user did not want
  KnownImage fetch(const oci::Reference& reference,
                   const oci::Platform& platform,
                   bool in_store) const;

  const Request& request_;
  const Environment& environment_;
};

}  // namespace cbuild::build
