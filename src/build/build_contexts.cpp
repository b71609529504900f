// The directories and downloads of a build; see build_contexts.h.
#include "src/build/build_contexts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cbuild/util/error.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/build/context_files.h"

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

std::map<std::string, ops::Context> contexts_of(const Request& request,
                                                const graph::Graph& graph,
                                                const image::Services& services,
                                                LoadedContexts& loaded) {
  ContextLoader loader(request, services);
  std::map<std::string, ops::Context> contexts;
  for (const graph::Vertex& vertex : graph.vertices()) {
    const auto* source = std::get_if<graph::ContextSource>(&vertex.op);
    if (source == nullptr) continue;
    const auto named = request.contexts.find(source->name);
    if (named != request.contexts.end()) {
      const auto& place = std::get<std::string>(named->second);
      if (ContextLoader::is_remote(place)) {
        loaded.push_back(loader.load_directory(place));
        contexts[source->name] = {loaded.back().directory, {}, {}, true};
      } else {
        contexts[source->name] = directory_context(source->name, place);
      }
    } else if (!request.context_directory.empty()) {
      contexts[source->name] = {request.context_directory,
                                parse_ignore_file(request.ignore_file_name, request.ignore_file),
                                request.ignore_file_name, request.context_holder != nullptr};
    }
  }
  return contexts;
}

}  // namespace cbuild::build
