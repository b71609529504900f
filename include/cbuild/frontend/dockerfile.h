// Dockerfile text to build graph and image config, in one call.
#pragma once

#include <string_view>

#include "cbuild/frontend/image_resolver.h"
#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"

namespace cbuild::frontend {

/// Parses and lowers. Everything is checked before the resolver is asked for anything.
/// @param known_images  tells of the bases of stages that are not needed and fetches nothing; null:
///                      rules look at the needed ones only
/// @throws DockerfileError, or what the resolver throws.
Lowered lower(std::string_view dockerfile,
              const Options& options,
              ImageResolver& resolver,
              ImageResolver* known_images = nullptr);

}  // namespace cbuild::frontend
