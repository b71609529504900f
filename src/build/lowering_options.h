// What the frontend is told of a request; in plan.cpp.
#pragma once

#include <string>
#include <vector>

#include "cbuild/build/build.h"

namespace cbuild::build {

/// `context_files` is for the caller to set.
frontend::Options lowering_options(const Request& request, const oci::Platform& platform);

/// Those that were asked for, else this machine's.
std::vector<oci::Platform> wanted_platforms(const Request& request);

/// What --build-context NAME=`value` is.
frontend::ContextKind context_kind(const std::string& value);

}  // namespace cbuild::build
