// The graph of a Dockerfile, printed for programs, and base images for it without a registry.
#pragma once

#include <string>

#include "cbuild/frontend/describe.h"
#include "cbuild/frontend/image_resolver.h"
#include "src/cli/session.h"

namespace cbuild::cli {

/// Base images that the store holds. Those it does not, and named contexts, are images without
/// layers, with a config as of scratch; a warning says so. Makes no store where there is none.
class KnownImages final : public frontend::ImageResolver {
 public:
  explicit KnownImages(Session& session) : session_(session) {}

  frontend::ResolvedImage resolve(const oci::Reference& reference,
                                  const oci::Platform& platform) override;
  frontend::ResolvedImage resolve_context(const std::string& name,
                                          const oci::Platform& platform) override;

 private:
  bool has_store() const;

  Session& session_;
};

/// One object: vertices, root, layers, the image config as OCI has it, warnings.
std::string graph_json(const frontend::Lowered& lowered);

/// A drawing in the language of graphviz.
std::string graph_dot(const frontend::Lowered& lowered);

}  // namespace cbuild::cli
