// Dockerfile text to build graph and image config, in two steps: read it, lower it for a platform.
#pragma once

#include <memory>
#include <string>

namespace cbuild::frontend {

class ImageResolver;
struct CheckResult;
struct Lowered;
struct Options;

/// A Dockerfile that was parsed. Several threads may lower it at the same time.
class Dockerfile {
 public:
  /// Parses the text. Instructions that are ill-formed are reported by lower(), together with what
  /// it finds itself. @throws DockerfileError for a text that is no Dockerfile at all, and for too
  /// many faults
  explicit Dockerfile(std::string text);

  Dockerfile(Dockerfile&&) noexcept;
  Dockerfile& operator=(Dockerfile&&) noexcept;
  ~Dockerfile();

  /// Lowers the target for Options::platform. Everything is checked before the resolver is asked
  /// for anything.
  /// @param known_images  knows base images of stages that the target does not need, and fetches
  ///                      nothing; null: the rules look at the needed stages only
  /// @throws DockerfileError, ResolveError, and other errors of the resolver
  Lowered lower(const Options& options,
                ImageResolver& resolver,
                ImageResolver* known_images = nullptr) const;

  /// Checks every stage, with Options::target those that it needs, and builds nothing.
  /// @throws Error(usage) for a wrong target or check option, and the errors of the resolver
  CheckResult check(const Options& options, ImageResolver& resolver) const;

 private:
  struct Parsed;
  std::unique_ptr<const Parsed> parsed_;
};

}  // namespace cbuild::frontend
