// The parameters and targets of a Dockerfile; see check.h.
#include "cbuild/frontend/outline.h"

#include "cbuild/build/build_failed.h"
#include "cbuild/build/check.h"
#include "cbuild/build/request.h"
#include "cbuild/frontend/options.h"
#include "src/build/lowering_options.h"

namespace cbuild::build {

frontend::Outline outline(const Request& request) {
  return with_lines(request.dockerfile_name, request.dockerfile, [&] {
    return frontend::outline(request.dockerfile,
                             lowering_options(request, wanted_platforms(request).front()));
  });
}

std::vector<frontend::TargetInfo> targets(const Request& request) {
  return with_lines(request.dockerfile_name, request.dockerfile, [&] {
    return frontend::targets(request.dockerfile,
                             lowering_options(request, wanted_platforms(request).front()));
  });
}

}  // namespace cbuild::build
