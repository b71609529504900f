// Base images as far as the store knows them: nothing is fetched.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cbuild/frontend/image_resolver.h"
#include "cbuild/store/store.h"

namespace cbuild::build {

/// An image that the store does not hold, and a named context that is no image of it, counts as one
/// without layers, with a config as of scratch and is_known == false.
class KnownImages final : public frontend::ImageResolver {
 public:
  /// @param store     null: no image is known
  /// @param contexts  --build-context NAME=VALUE
  explicit KnownImages(store::Store* store, const std::map<std::string, std::string>& contexts = {})
      : store_(store), contexts_(contexts) {}

  frontend::ResolvedImage resolve(const oci::Reference& reference,
                                  const oci::Platform& platform) override;
  frontend::ResolvedImage resolve_context(const std::string& name,
                                          const oci::Platform& platform) override;

  /// What was asked for and is not known, as people write it.
  const std::vector<std::string>& unknown() const noexcept { return unknown_; }

 private:
  frontend::ResolvedImage assumed_empty(const oci::Reference& reference,
                                        const oci::Platform& platform,
                                        const std::string& name);

  store::Store* store_;
  std::map<std::string, std::string> contexts_;
  std::vector<std::string> unknown_;
};

}  // namespace cbuild::build
