// The directories and downloads of a build; see build_contexts.h.
#include "src/build/build_contexts.h"

#include <utility>
#include <variant>

#include "cbuild/build/context.h"
#include "cbuild/build/request.h"
#include "cbuild/graph/op.h"
#include "src/build/ignore_file.h"
#include "src/build/lowering_options.h"

namespace cbuild::build {

ops::Context BuildContexts::named_context(const std::string& name,
                                          const Request& request,
                                          const image::Services& services) {
  const auto& place = std::get<std::string>(request.contexts.at(name));
  if (!ContextLoader::is_remote(place)) return with_ignore_file(name, place);
  loaded_.push_back(ContextLoader(request, services).load_directory(place));
  return {loaded_.back().directory, {}, {}, true};
}

void BuildContexts::add(const graph::ContextSource& source,
                        const Request& request,
                        const image::Services& services) {
  if (source.identity.empty()) return;  // a Dockerfile alone has no context
  if (by_identity_.contains(source.identity)) return;
  ops::Context context;
  if (source.identity == context_identity(request)) {
    context = {request.context_directory,
               parse_ignore_file(request.ignore_file_name, request.ignore_file),
               request.ignore_file_name, request.context_holder != nullptr};
  } else {
    context = named_context(source.name, request, services);
  }
  by_identity_.emplace(source.identity, std::move(context));
}

}  // namespace cbuild::build
