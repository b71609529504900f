// Images between registries and the store; see image_store.h.
#include "src/build/image_store.h"

#include "cbuild/oci/copy.h"
#include "cbuild/oci/image_manifests.h"
#include "cbuild/oci/layout.h"
#include "cbuild/ops/worker.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "cbuild/util/thread_pool.h"
#include "src/build/working_namespace.h"

namespace cbuild::build {

namespace {

constexpr std::string_view kLayoutScheme = "oci-layout://";
constexpr std::string_view kImageScheme = "docker-image://";

/// Shows the transfer of layers under one step.
class TransferLog final : public solver::StepLog {
 public:
  TransferLog(Progress& progress, Progress::Step step) : progress_(progress), step_(step) {}

  void output(int stream, std::string_view text) override { progress_.output(step_, stream, text); }

  void transfer(std::string_view item, std::uint64_t done, std::uint64_t total) override {
    progress_.transfer(step_, item, done, total);
  }

 private:
  Progress& progress_;
  Progress::Step step_;
};

void check_layers(const oci::Manifest& manifest, const oci::ImageConfig& config) {
  if (!oci::media_type::is_config(manifest.config.media_type)) {
    throw Error("is no container image (its config is of type '{}')",
                printable(manifest.config.media_type));
  }
  if (manifest.layers.size() != config.diff_ids.size()) {
    throw Error("the manifest has {} layers, the config {}", manifest.layers.size(),
                config.diff_ids.size());
  }
  for (const oci::Descriptor& layer : manifest.layers) {
    if (!oci::media_type::is_layer(layer.media_type)) {
      throw Error("layers of type '{}' are not supported", printable(layer.media_type));
    }
  }
}

/// Cheap for an image whose layers are known already.
void declare_layers(store::Store& store,
                    const oci::Manifest& manifest,
                    const oci::ImageConfig& config) {
  const auto top = oci::chain_of(config.diff_ids);
  if (!top || store.snapshots().find(*top)) return;
  std::optional<oci::Digest> parent;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const oci::Digest chain = oci::chain_id(parent, config.diff_ids[i]);
    if (!store.snapshots().find(chain)) {
      store.snapshots().declare(parent, config.diff_ids[i], manifest.layers[i]);
    }
    parent = chain;
  }
}

oci::Platform platform_of(const oci::ImageConfig& config) {
  oci::Platform platform = config.platform;
  if (platform.os.empty()) platform.os = "linux";
  if (platform.architecture.empty()) platform.architecture = oci::Platform::host().architecture;
  return platform;
}

frontend::ResolvedImage to_resolved(const oci::Reference& reference, KnownImage image) {
  return {reference, image.manifest.digest, std::move(image.config)};
}

}  // namespace

KnownImage read_image(store::Store& store, const oci::Descriptor& manifest) {
  KnownImage image{manifest, oci::Manifest::parse(oci::read_document(store.blobs(), manifest)), {}};
  image.config = oci::ImageConfig::parse(oci::read_document(store.blobs(), image.document.config));
  check_layers(image.document, image.config);
  declare_layers(store, image.document, image.config);
  return image;
}

KnownImage adopt_documents(store::Store& store,
                           oci::BlobStore& from,
                           const oci::Descriptor& root,
                           const oci::Platform& platform) {
  oci::Descriptor descriptor = root;
  std::string content = oci::read_document(from, descriptor);
  for (int depth = 0; oci::media_type::is_index(oci::media_type_of_document(content)); ++depth) {
    if (depth == 4) throw Error("indexes nested more than 4 deep");
    descriptor = oci::choose_platform(oci::Index::parse(content), platform);
    content = oci::read_document(from, descriptor);
  }
  const oci::Manifest manifest = oci::Manifest::parse(content);
  descriptor.media_type = manifest.media_type;
  const std::string config = oci::read_document(from, manifest.config);
  check_layers(manifest, oci::ImageConfig::parse(config));
  oci::write_blob(store.blobs(), manifest.config, config);
  oci::write_blob(store.blobs(), descriptor, content);
  return read_image(store, descriptor);
}

KnownImage fetch_documents(const oci::Reference& reference,
                           const oci::Platform& platform,
                           const Environment& environment) {
  environment.progress.resume_threads();  // the network may keep us waiting
  const std::string label = "[internal] load metadata for " + reference.to_string();
  return with_step(environment.progress, label, [&](Progress::Step) {
    return with_context(reference.familiar(), [&] {
      const auto repository = environment.registry.repository(reference);
      const auto root =
          repository->resolve(reference.digest ? reference.digest->to_string() : reference.tag);
      if (!root) {
        throw Error(ErrorKind::network, "not found: the registry {} has no such image",
                    reference.registry)
            .with_hint("check the name; private images need 'cbuild login " + reference.registry +
                       "'");
      }
      return adopt_documents(environment.store, *repository, *root, platform);
    });
  });
}

void take_layers(const KnownImage& image,
                 oci::BlobStore& from,
                 Progress::Step step,
                 const Environment& environment) {
  enter_working_namespace(environment);
  if (const auto chain = oci::chain_of(image.config.diff_ids)) {
    TransferLog log(environment.progress, step);
    ops::unpack_stack(*chain, environment.store, &from, log, environment.cancel);
  }
  // What was unpacked before may lack its blob: a layer that was made here, too.
  oci::CopyOptions options;
  options.progress = [&](const oci::Descriptor& blob, std::uint64_t done, bool existed) {
    if (!existed) environment.progress.transfer(step, blob.digest.short_hex(), done, blob.size);
  };
  const auto& layers = image.document.layers;
  parallel_for(layers.size(), options.parallel, [&](std::size_t i) {
    oci::copy_blob(layers[i], from, environment.store.blobs(), options, environment.cancel);
  });
}

std::optional<KnownImage> find_known_image(store::Store& store,
                                           const oci::Reference& reference,
                                           const oci::Platform& platform) {
  store::Images& images = store.images();
  if (const auto named = images.find(reference)) {
    const auto manifest = oci::manifest_to_show(store.blobs(), named->manifest, platform);
    KnownImage image = read_image(store, manifest);
    if (oci::match_quality(platform, platform_of(image.config)) > 0) return image;
  }
  if (const auto remembered = images.remembered(reference, platform)) {
    try {
      return read_image(store, *remembered);
    } catch (const Error& error) {
      log_debug("{}: {}; the registry is asked again", reference.to_string(), error.what());
    }
  }
  return std::nullopt;
}

KnownImage StoreResolver::fetch(const oci::Reference& reference,
                                const oci::Platform& platform) const {
  try {
    return fetch_documents(reference, platform, environment_);
  } catch (const Interrupted&) {
    throw;
  } catch (Error& error) {
    const auto other = environment_.store.images().find(reference);
    if (!other || request_.pull) throw;
    const KnownImage image =
        read_image(environment_.store,
                   oci::manifest_to_show(environment_.store.blobs(), other->manifest, platform));
    error.with_hint(fmt::format("the store has {} for {}, not for {}", reference.familiar(),
                                platform_of(image.config).to_string(), platform.to_string()));
    throw;
  }
}

frontend::ResolvedImage StoreResolver::resolve(const oci::Reference& reference,
                                               const oci::Platform& platform) {
  if (!request_.pull) {
    if (auto image = find_known_image(environment_.store, reference, platform))
      return to_resolved(reference, std::move(*image));
  }
  KnownImage image = fetch(reference, platform);
  environment_.store.images().remember(reference, platform, image.manifest);
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
