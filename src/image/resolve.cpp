// Looks names up in the store, then in a registry or layout; see resolve.h.
#include "cbuild/image/resolve.h"

#include <algorithm>
#include <span>

#include "cbuild/image/location.h"
#include "cbuild/oci/copy.h"
#include "cbuild/oci/image_manifests.h"
#include "cbuild/oci/layout.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "src/image/origin.h"

namespace cbuild::image {

namespace {

oci::Platform platform_of(const oci::ImageConfig& config) {
  oci::Platform platform = config.platform;
  if (platform.os.empty()) platform.os = "linux";
  if (platform.architecture.empty()) platform.architecture = oci::Platform::host().architecture;
  return platform;
}

struct Found {
  store::Holder holder;
  Documents image;
};

Documents read_holder(store::Store& store,
                      const store::Holder& holder,
                      const oci::Platform& platform) {
  return read_documents(store,
                        oci::manifest_to_show(store.blobs(), holder.image.manifest, platform));
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

/// Lists what was fetched under its name. An image of the user's that no registry is known to have
/// keeps the name, for nothing else may be left of it.
void name_base(store::Store& store,
               const oci::Reference& reference,
               const oci::Platform& platform,
               const Documents& image,
               const store::Holder* former) {
  store::Images& images = store.images();
  if (former == nullptr || !former->platform.empty()) {
    note_origin(store, reference, image);
    return images.add_base(reference, platform, image.id(), image.descriptor);
  }
  const auto is_of_repository = [&](const oci::Reference& digest) {
    return digest.name() == reference.name();
  };
  if (std::ranges::none_of(former->image.digests, is_of_repository)) return;
  note_origin(store, reference, image);
  images.add(image.id(), image.descriptor, std::span(&reference, 1));
}

/// The hint about another image in the store when a fetch failed; empty: there is none.
std::string hint_of_store(store::Store& store,
                          const oci::Reference& reference,
                          const oci::Platform& platform) {
  const auto other = store.images().find(reference);
  if (!other || !store.blobs().has(other->manifest)) return {};
  const Documents image =
      read_documents(store, oci::manifest_to_show(store.blobs(), other->manifest, platform));
  return fmt::format("the store has {} for {}, not for {}", reference.familiar(),
                     platform_of(image.config).to_string(), platform.to_string());
}

/// Adds to a failure what the store has instead.
/// @param in_store  the store has the image, but the registry was to be asked
Documents fetch(const oci::Reference& reference,
                const oci::Platform& platform,
                bool in_store,
                const Services& services) {
  try {
    return fetch_documents(reference, platform, services);
  } catch (const Interrupted&) {
    throw;
  } catch (Error& error) {
    const std::string hint =
        in_store ? fmt::format("the store has {}: leave out --pull to use it", reference.familiar())
                 : hint_of_store(services.store, reference, platform);
    if (!hint.empty()) error.with_hint(hint);
    throw;
  }
}

}  // namespace

std::optional<Documents> find_in_store(store::Store& store,
                                       const oci::Reference& reference,
                                       const oci::Platform& platform) {
  auto found = find_readable(store, reference, platform);
  if (!found) return std::nullopt;
  return std::move(found->image);
}

Documents resolve(const oci::Reference& reference,
                  const oci::Platform& platform,
                  Pull pull,
                  const Services& services) {
  auto found = find_readable(services.store, reference, platform);
  if (found && pull == Pull::missing) return std::move(found->image);
  Documents image = fetch(reference, platform, found.has_value(), services);
  name_base(services.store, reference, platform, image, found ? &found->holder : nullptr);
  return image;
}

Documents resolve(const LayoutImage& image,
                  const oci::Platform& platform,
                  const Services& services) {
  oci::Layout layout = oci::Layout::open(image.path);
  Documents found = adopt_documents(services.store, layout, layout.find(image.name), platform);
  // The blobs are copied at once: the layout may be gone when a step needs them.
  const oci::CopyOptions options;
  for (const oci::Descriptor& layer : found.manifest.layers)
    oci::copy_blob(layer, layout, services.store.blobs(), options, services.cancel);
  return found;
}

}  // namespace cbuild::image
