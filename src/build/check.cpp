// Checking a Dockerfile by the rules; see check.h.
#include "cbuild/build/check.h"

#include "cbuild/build/offline_resolver.h"
#include "cbuild/build/request.h"
#include "cbuild/frontend/check.h"
#include "cbuild/frontend/check_result.h"
#include "cbuild/frontend/context_files.h"
#include "cbuild/frontend/options.h"
#include "src/build/context_files.h"
#include "src/build/lowering_options.h"

namespace cbuild::build {

namespace {

constexpr std::size_t kMaxEntries = 200'000;

}  // namespace

frontend::CheckResult check(const Request& request, store::Store* store) {
  const auto context = context_files(request, kMaxEntries);
  frontend::Options options = lowering_options(request, wanted_platforms(request).front());
  options.context_files = context.get();
  OfflineResolver resolver(store, request.contexts);
  return frontend::check(request.dockerfile, options, resolver);
}

}  // namespace cbuild::build
