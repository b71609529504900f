// --change of `cbuild import`; see changes.h.
#include "cbuild/build/changes.h"

#include "cbuild/build/build_failed.h"
#include "cbuild/frontend/dockerfile.h"
#include "cbuild/frontend/image_resolver.h"
#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::build {

namespace {

/// Refuses every FROM: an import builds on no image.
class NoImages final : public frontend::ImageResolver {
 public:
  frontend::ResolvedImage resolve(const oci::Reference&, const oci::Platform&) override {
    refuse();
  }

  frontend::ResolvedImage resolve_context(const std::string&, const oci::Platform&) override {
    refuse();
  }

 private:
  [[noreturn]] static void refuse() {
    throw Error(ErrorKind::usage, "--change cannot contain FROM");
  }
};

}  // namespace

oci::ImageConfig config_of_changes(const std::vector<std::string>& changes) {
  NoImages resolver;
  const std::string text = "FROM scratch\n" + join(changes, "\n") + "\n";
  return with_lines("--change", text, [&] {
    const frontend::Lowered lowered = frontend::Dockerfile(text).lower({}, resolver);
    if (!lowered.layers.empty())
      throw Error(ErrorKind::usage, "--change cannot contain RUN, COPY or ADD");
    oci::ImageConfig config = lowered.config;
    config.history.clear();
    return config;
  });
}

}  // namespace cbuild::build
