// Options of lowering; see lowering_options.h.
#include "src/build/lowering_options.h"

#include <fmt/core.h>

#include <variant>

#include "cbuild/build/request.h"
#include "cbuild/frontend/options.h"
#include "src/build/switches.h"

namespace cbuild::build {

namespace {

/// The identity of a URL includes whether .git is kept, because the files differ by that.
frontend::ContextOption context_option(const Request& request, const NamedContext& context) {
  using frontend::ContextKind;
  const image::Location* location = image_in(context);
  if (location == nullptr) {
    const auto& place = std::get<std::string>(context);
    const bool keeps_git = is_switched_on(request.build_args, kKeepGitDirectory);
    return {ContextKind::directory, fmt::format("named {} {}", keeps_git, place)};
  }
  const bool is_scratch = std::holds_alternative<image::Scratch>(*location);
  return {is_scratch ? ContextKind::scratch : ContextKind::image};
}

}  // namespace

std::string context_identity(const Request& request) {
  if (request.context_directory.empty()) return {};
  return fmt::format("{}\n{}\n{}", request.context_directory, request.ignore_file_name,
                     request.ignore_file);
}

frontend::Options lowering_options(const Request& request, const oci::Platform& platform) {
  frontend::Options options;
  options.build_args = request.build_args;
  options.labels = request.labels;
  options.target = request.target;
  options.platform = platform;
  options.platform_given = !request.platforms.empty();
  options.show_platform = request.platforms.size() > 1;
  options.network = request.network;
  options.allow_host_network = request.allow_host_network;
  options.allow_insecure = request.allow_insecure;
  options.no_cache = request.no_cache;
  options.no_cache_stages = request.no_cache_stages;
  options.context_identity = context_identity(request);
  for (const auto& [name, context] : request.contexts)
    options.contexts[name] = context_option(request, context);
  return options;
}

std::vector<oci::Platform> wanted_platforms(const Request& request) {
  return request.platforms.empty() ? std::vector{oci::Platform::host()} : request.platforms;
}

}  // namespace cbuild::build
