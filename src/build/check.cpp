// Reading a Dockerfile without building it; see check.h.
#include "cbuild/build/check.h"

#include "cbuild/build/build_failed.h"
#include "cbuild/build/offline_resolver.h"
#include "cbuild/build/request.h"
#include "cbuild/frontend/check.h"
#include "cbuild/frontend/check_result.h"
#include "cbuild/frontend/options.h"
#include "cbuild/frontend/outline.h"
#include "src/build/context_files.h"
#include "src/build/lowering_options.h"

namespace cbuild::build {

namespace {

constexpr std::size_t kMaxEntries = 200'000;

}  // namespace

frontend::CheckResult check(const Request& request, store::Store* store) {
  const DirectoryContext context(request, kMaxEntries);
  frontend::Options options = lowering_options(request, wanted_platforms(request).front());
  options.context_files = &context;
  OfflineResolver resolver(store, request.contexts);
  return frontend::check(request.dockerfile, options, resolver);
}

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
