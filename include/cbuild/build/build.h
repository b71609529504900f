// Builds from requests to images. The command line, tests and later compose call the same function.
#pragma once

#include <span>
#include <vector>

#include "cbuild/build/result.h"

namespace cbuild::image {
struct Services;
}

namespace cbuild::build {

struct Request;

/// Builds all requests in one solve: steps that are equal run once, whichever Dockerfile they stand
/// in. RUN and ADD of URLs are equal only for requests with equal ops::RunSettings. What fails ends
/// the builds that need it; the others go on.
/// @return one ending a request, in their order
/// @throws Interrupted; an Error that is of no single build, as of the store
std::vector<Ending> build(std::span<const Request> requests, const image::Services& services);

/// @throws BuildFailed when the Dockerfile is to blame, other Errors, Interrupted. Nothing is
/// tagged unless all of it succeeded.
Result build(const Request& request, const image::Services& services);

}  // namespace cbuild::build
