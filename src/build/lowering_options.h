// The frontend's options for a request.
#pragma once

#include <string>
#include <vector>

namespace cbuild::frontend {
struct Options;
}

namespace cbuild::oci {
struct Platform;
}

namespace cbuild::build {

struct Request;

/// `context_files` is for the caller to set.
frontend::Options lowering_options(const Request& request, const oci::Platform& platform);

/// graph::ContextSource::identity of the request's build context; empty when it has none.
std::string context_identity(const Request& request);

/// The platforms of the request, else this machine's.
std::vector<oci::Platform> wanted_platforms(const Request& request);

}  // namespace cbuild::build
