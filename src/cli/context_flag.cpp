// Reads --build-context; see context_flag.h.
#include "src/cli/context_flag.h"

#include <optional>
#include <utility>
#include <variant>

#include "cbuild/build/context.h"
#include "cbuild/graph/op.h"
#include "cbuild/graph/remote.h"
#include "cbuild/image/location.h"
#include "cbuild/util/error.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "cbuild/util/url.h"
#include "src/cli/build_args.h"

namespace cbuild::cli {

namespace {

/// @return what `value` names, with its path made absolute.
build::NamedContext read_context_value(const std::string& name,
                                       const std::string& value,
                                       const std::string& directory) {
  if (auto location = image::parse_location(value)) {
    if (auto* layout = std::get_if<image::LayoutImage>(&*location))
      layout->path = clean_path(directory, layout->path);
    return *std::move(location);
  }
  if (build::ContextLoader::is_remote(value)) {
    if (is_http_url(value) || graph::parse_git_source(value) ||
        UrlParts::cut(value).scheme.empty()) {
      return value;
    }
    throw Error(ErrorKind::usage,
                "--build-context {}={}: want a directory, docker-image://REFERENCE, "
                "oci-layout://PATH[:TAG] or a URL of http, https, git or ssh",
                printable(name), printable(value));
  }
  return clean_path(directory, value);
}

}  // namespace

build::NamedContexts read_contexts(const std::vector<std::string>& texts,
                                   const std::string& directory) {
  build::NamedContexts contexts;
  for (const std::string& text : texts) {
    const auto [name, value] = key_and_value("--build-context", text);
    if (!value || value->empty()) {
      throw Error(ErrorKind::usage,
                  "--build-context '{}': want NAME=DIRECTORY, NAME=URL, "
                  "NAME=docker-image://REFERENCE or NAME=oci-layout://PATH[:TAG]",
                  printable(text));
    }
    contexts[name] = read_context_value(name, *value, directory);
  }
  return contexts;
}

}  // namespace cbuild::cli
