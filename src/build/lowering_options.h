// The frontend's options for a request.
#pragma once

#include <string>
#include <vector>

#include "cbuild/build/request.h"
#include "cbuild/frontend/options.h"
#include "cbuild/oci/platform.h"

namespace cbuild::build {

/// `context_files` is for the caller to set.
frontend::Options lowering_options(const Request& request, const oci::Platform& platform);

/// graph::ContextSource::identity of the request's build context; empty when it has none.
std::string context_identity(const Request& request);

/// The platforms of the request, else this machine's.
std::vector<oci::Platform> wanted_platforms(const Request& request);

}  // namespace cbuild::build
