// Base images by their names; see store_resolver.h.
#include "src/build/store_resolver.h"

#include <algorithm>
#include <span>

#include "cbuild/oci/copy.h"
#include "cbuild/oci/image_manifests.h"
#include "cbuild/oci/layout.h"
#include "cbuild/store/images.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"

namespace cbuild::build {

namespace {

constexpr std::string_view kLayoutScheme = "oci-layout://";
constexpr std::string_view kImageScheme = "docker-image://";

oci::Platform platform_of(const oci::ImageConfig& config) {
  oci::Platform platform = config.platform;
  if (platform.os.empty()) platform.os = "linux";
  if (platform.architecture.empty()) platform.architecture = oci::Platform::host().architecture;
  return platform;
}

struct Found {
  store::Holder holder;
  KnownImage image;
};

KnownImage read_holder(store::Store& store,
                       const store::Holder& holder,
                       const oci::Platform& platform) {
  return read_image(store, oci::manifest_to_show(store.blobs(), holder.image.manifest, platform));
}

/// Who has the name for `platform`: what a build fetched for it, else an image of the user's that
/// is for it. @throws Error when documents of it are missing or damaged.
std::optional<Found> find_holder(store::Store& store,
                                 const oci::Reference& reference,
                                 const oci::Platform& platform) {
  const std::vector<store::Holder> holders = store.images().holders(reference);
  const auto base = std::ranges::find(holders, platform.to_string(), &store::Holder::platform);
  if (base != holders.end()) return Found{*base, read_holder(store, *base, platform)};
  for (const store::Holder& holder : holders) {
    if (!holder.platform.empty()) continue;
    Found found{holder, read_holder(store, holder, platform)};
    if (oci::match_quality(platform, platform_of(found.image.config)) > 0) return found;
  }
  return std::nullopt;
}

/// The same; of what cannot be read only a warning is left.
std::optional<Found> find_readable(store::Store& store,
                                   const oci::Reference& reference,
                                   const oci::Platform& platform) {
  try {
    return find_holder(store, reference, platform);
  } catch (const SysError&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    log_warning("the image {} of the store cannot be used: {}", reference.familiar(), error.what());
    return std::nullopt;
  }
}

frontend::ResolvedImage to_resolved(const oci::Reference& reference, KnownImage image) {
  return {reference, image.manifest.digest, std::move(image.config)};
}

/// Lists what was fetched under its name. An image of the user's that no registry is known to have
/// keeps the name, for nothing else may be left of it.
void name_base(store::Store& store,
               const oci::Reference& reference,
               const oci::Platform& platform,
               const KnownImage& image,
               const store::Holder* former) {
  store::Images& images = store.images();
  if (former == nullptr || !former->platform.empty()) {
    note_origin(store, reference, image);
    return images.add_base(reference, platform, image.id(), image.manifest);
  }
  const auto is_of_repository = [&](const oci::Reference& digest) {
    return digest.name() == reference.name();
  };
  if (std::ranges::none_of(former->image.digests, is_of_repository)) return;
  note_origin(store, reference, image);
  images.add(image.id(), image.manifest, std::span(&reference, 1));
}

/// What the store has instead of an image that could not be fetched; empty: nothing.
std::string hint_of_store(store::Store& store,
                          const oci::Reference& reference,
                          const oci::Platform& platform) {
  const auto other = store.images().find(reference);
  if (!other || !store.blobs().has(other->manifest)) return {};
  const KnownImage image =
      read_image(store, oci::manifest_to_show(store.blobs(), other->manifest, platform));
  return fmt::format("the store has {} for {}, not for {}", reference.familiar(),
                     platform_of(image.config).to_string(), platform.to_string());
}

}  // namespace

std::optional<KnownImage> find_known_image(store::Store& store,
                                           const oci::Reference& reference,
                                           const oci::Platform& platform) {
  auto found = find_readable(store, reference, platform);
  if (!found) return std::nullopt;
  return std::move(found->image);
}

KnownImage StoreResolver::fetch(const oci::Reference& reference,
                                const oci::Platform& platform,
                                bool in_store) const {
  try {
    return fetch_documents(reference, platform, environment_);
  } catch (const Interrupted&) {
    throw;
  } catch (Error& error) {
    const std::string hint =
        in_store ? fmt::format("the store has {}: without --pull it is used", reference.familiar())
                 : hint_of_store(environment_.store, reference, platform);
    if (!hint.empty()) error.with_hint(hint);
    throw;
  }
}

frontend::ResolvedImage StoreResolver::resolve(const oci::Reference& reference,
                                               const oci::Platform& platform) {
  auto found = find_readable(environment_.store, reference, platform);
  if (found && !request_.pull) return to_resolved(reference, std::move(found->image));
  KnownImage image = fetch(reference, platform, found.has_value());
  name_base(environment_.store, reference, platform, image, found ? &found->holder : nullptr);
  return to_resolved(reference, std::move(image));
}

frontend::ResolvedImage StoreResolver::resolve_context(const std::string& name,
                                                       const oci::Platform& platform) {
  const std::string& value = request_.contexts.at(name);
  if (value.starts_with(kImageScheme)) {
    return resolve(oci::Reference::parse(value.substr(kImageScheme.size())), platform);
  }
  // oci-layout://PATH[:TAG][@DIGEST]; its blobs are taken over at once: they are near.
  std::string path = value.substr(kLayoutScheme.size());
  std::string wanted;
  if (const auto at = path.find('@'); at != std::string::npos) {
    wanted = path.substr(at + 1);
    path.resize(at);
  }
  if (const auto colon = path.find_last_of(':');
      colon != std::string::npos && path.find('/', colon) == std::string::npos) {
    if (wanted.empty()) wanted = path.substr(colon + 1);
    path.resize(colon);
  }
  return with_context("--build-context " + name, [&] {
    oci::Layout layout = oci::Layout::open(path);
    KnownImage image = adopt_documents(environment_.store, layout, layout.find(wanted), platform);
    const oci::CopyOptions options;
    for (const oci::Descriptor& layer : image.document.layers) {
      oci::copy_blob(layer, layout, environment_.store.blobs(), options, environment_.cancel);
    }
    oci::Reference reference;
    reference.registry = "oci-layout";
    reference.repository = "context";
    reference.digest = image.manifest.digest;
    return to_resolved(reference, std::move(image));
  });
}

}  // namespace cbuild::build
