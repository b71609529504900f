// The base images of a Dockerfile, each resolved once for a platform.
#pragma once

#include <map>
#include <string>

#include "cbuild/frontend/image_resolver.h"
#include "frontend/dockerfile/origin.h"

namespace cbuild::frontend {

struct Stage;
struct Stages;

namespace ast {
struct Word;
}

class BaseImages {
 public:
  BaseImages(const Stages& stages, ImageResolver& resolver)
      : stages_(stages), resolver_(&resolver) {}

  /// From now on `resolver` is asked.
  void ask(ImageResolver& resolver) { resolver_ = &resolver; }

  /// Asks the resolver once for each image and platform.
  /// @param from  the word of the stage `user` that names the image
  /// @pre `origin` is an image
  /// @throws ResolveError at `from`, with advice if a stage may be meant
  const ResolvedImage& resolve(const Origin& origin,
                               const oci::Platform& platform,
                               const Stage& user,
                               const ast::Word& from);

 private:
  const Stages& stages_;
  ImageResolver* resolver_;
  std::map<std::string, ResolvedImage> resolved_;
};

}  // namespace cbuild::frontend
