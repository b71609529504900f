// Base images for lowering as far as the store knows them: nothing is fetched.
#pragma once

#include <string>
#include <vector>

#include "cbuild/build/named_context.h"
#include "cbuild/frontend/image_resolver.h"

namespace cbuild::store {
class Store;
}

namespace cbuild::build {

/// Resolves an image that the store lacks, and a named context that is not in it, to an image
/// without layers, with the config of scratch and is_known == false.
class OfflineResolver final : public frontend::ImageResolver {
 public:
  /// @param store  null: no image is known
  explicit OfflineResolver(store::Store* store, NamedContexts contexts = {})
      : store_(store), contexts_(std::move(contexts)) {}

  frontend::ResolvedImage resolve(const oci::Reference& reference,
                                  const oci::Platform& platform) override;
  frontend::ResolvedImage resolve_context(const std::string& name,
                                          const oci::Platform& platform) override;

  /// The names of images that were asked for and are not known, as people write them.
  const std::vector<std::string>& unknown() const noexcept { return unknown_; }

 private:
  frontend::ResolvedImage assumed_empty(const oci::Reference& reference,
                                        const oci::Platform& platform,
                                        const std::string& name);

  store::Store* store_;
  NamedContexts contexts_;
  std::vector<std::string> unknown_;
};

}  // namespace cbuild::build
