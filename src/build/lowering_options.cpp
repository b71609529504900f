// Options of lowering; see lowering_options.h.
#include "src/build/lowering_options.h"

#include <variant>

namespace cbuild::build {

namespace {

frontend::ContextKind context_kind(const NamedContext& context) {
  using frontend::ContextKind;
  const image::Location* location = image_in(context);
  if (location == nullptr) return ContextKind::directory;
  return std::holds_alternative<image::Scratch>(*location) ? ContextKind::scratch
                                                           : ContextKind::image;
}

}  // namespace

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
  for (const auto& [name, context] : request.contexts)
    options.contexts[name] = context_kind(context);
  return options;
}

std::vector<oci::Platform> wanted_platforms(const Request& request) {
  return request.platforms.empty() ? std::vector{oci::Platform::host()} : request.platforms;
}

}  // namespace cbuild::build
