// What the frontend is told of a request.
#pragma once

#include "cbuild/build/build.h"

namespace cbuild::build {

/// In build.cpp. `context_files` is for the caller to set.
frontend::Options lowering_options(const Request& request);

/// Base images by --build-context NAME=…: the others are directories.
bool is_image_context(const std::string& value);

}  // namespace cbuild::build
