// Reading a Dockerfile without building it; see check.h.
#include "cbuild/build/check.h"

#include "src/build/context_files.h"
#include "src/build/image_store.h"
#include "src/build/lowering_options.h"

namespace cbuild::build {

namespace {

constexpr std::size_t kMaxEntries = 200'000;
constexpr std::string_view kImageScheme = "docker-image://";

/// Base images as far as the store knows them.
class LocalResolver final : public frontend::ImageResolver {
 public:
  LocalResolver(const Request& request, store::Store* store) : request_(request), store_(store) {}

  frontend::ResolvedImage resolve(const oci::Reference& reference,
                                  const oci::Platform& platform) override {
    if (store_ != nullptr) {
      try {
        if (auto image = find_known_image(*store_, reference, platform))
          return {reference, image->manifest.digest, std::move(image->config)};
      } catch (const Interrupted&) {
        throw;
      } catch (const Error&) {  // a damaged one tells nothing
        return unknown(reference, platform);
      }
    }
    return unknown(reference, platform);
  }

  frontend::ResolvedImage resolve_context(const std::string& name,
                                          const oci::Platform& platform) override {
    const std::string& value = request_.contexts.at(name);
    if (value.starts_with(kImageScheme))
      return resolve(oci::Reference::parse(value.substr(kImageScheme.size())), platform);
    oci::Reference reference;
    reference.registry = "oci-layout";
    reference.repository = "context";
    return unknown(reference, platform);
  }

 private:
  static frontend::ResolvedImage unknown(const oci::Reference& reference,
                                         const oci::Platform& platform) {
    frontend::ResolvedImage image{reference, oci::Digest::of(reference.to_string()), {}, false};
    image.config.platform = platform;
    return image;
  }

  const Request& request_;
  store::Store* store_;
};

/// Runs `read`; what is wrong with the Dockerfile comes with its lines.
template <typename Read>
auto with_excerpt(const Request& request, Read&& read) {
  try {
    return read();
  } catch (const frontend::DockerfileError& error) {
    throw BuildFailed(error, frontend::excerpt(request.dockerfile_name, request.dockerfile, error));
  }
}

}  // namespace

frontend::CheckResult check(const Request& request, store::Store* store) {
  const DirectoryContext context(request, kMaxEntries);
  frontend::Options options = lowering_options(request, wanted_platforms(request).front());
  options.context_files = &context;
  LocalResolver resolver(request, store);
  return frontend::check(request.dockerfile, options, resolver);
}

frontend::Outline outline(const Request& request) {
  return with_excerpt(request, [&] {
    return frontend::outline(request.dockerfile,
                             lowering_options(request, wanted_platforms(request).front()));
  });
}

std::vector<frontend::TargetInfo> targets(const Request& request) {
  return with_excerpt(request, [&] {
    return frontend::targets(request.dockerfile,
                             lowering_options(request, wanted_platforms(request).front()));
  });
}

}  // namespace cbuild::build
