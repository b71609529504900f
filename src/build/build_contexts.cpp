// The directories and downloads of a build; see build_contexts.h.
#include "src/build/build_contexts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cbuild/build/context.h"
#include "cbuild/build/request.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/io.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/build/context_files.h"
#include "src/build/lowering_options.h"

namespace cbuild::build {

namespace {

constexpr std::uint64_t kMaxIgnoreFile = 4 << 20;

/// A directory of the user, with its own ignore file.
ops::Context directory_context(const std::string& name, const std::string& directory) {
  return with_context("--build-context " + name, [&]() -> ops::Context {
    const Fd root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) throw_as_usage(SysError("{}", printable(directory)));
    for (const char* ignore_file : kIgnoreFiles) {
      auto file = try_open_in_root(root, ignore_file, O_RDONLY | O_NONBLOCK | O_NOCTTY);

      struct stat status {};

      if (!file || ::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
      FdSource bytes(std::move(*file), ignore_file);
      const std::string shown = printable(name) + "/" + ignore_file;
      return {directory, parse_ignore_file(shown, read_all(bytes, kMaxIgnoreFile)), shown};
    }
    return {directory, {}, {}};
  });
}

}  // namespace

ops::Context BuildContexts::named_context(const std::string& name,
                                          const Request& request,
                                          const image::Services& services) {
  const auto& place = std::get<std::string>(request.contexts.at(name));
  if (!ContextLoader::is_remote(place)) return directory_context(name, place);
  loaded_.push_back(ContextLoader(request, services).load_directory(place));
  return {loaded_.back().directory, {}, {}, true};
}

void BuildContexts::add(const PlannedBuild& build,
                        const graph::Graph& graph,
                        const image::Services& services) {
  const Request& request = build.request;
  const std::string main = context_identity(request);
  for (const graph::VertexId id : build.vertices) {
    const auto* source = std::get_if<graph::ContextSource>(&graph[id].op);
    if (source == nullptr || by_identity_.contains(source->identity)) continue;
    if (source->identity.empty()) continue;  // a Dockerfile alone has no context
    ops::Context context;
    if (source->identity == main) {
      context = {request.context_directory,
                 parse_ignore_file(request.ignore_file_name, request.ignore_file),
                 request.ignore_file_name, request.context_holder != nullptr};
    } else {
      context = named_context(source->name, request, services);
    }
    by_identity_.emplace(source->identity, std::move(context));
  }
}

}  // namespace cbuild::build
