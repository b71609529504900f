// What --build-context NAME=VALUE names.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "cbuild/image/location.h"

namespace cbuild::build {

/// An absolute directory or a URL (see ContextLoader) as text; or an image.
using NamedContext = std::variant<std::string, image::Location>;

using NamedContexts = std::map<std::string, NamedContext>;

/// The image that `context` names; null when it names files.
inline const image::Location* image_in(const NamedContext& context) {
  return std::get_if<image::Location>(&context);
}

}  // namespace cbuild::build
