// Writes the entries of an image archive; see archive.h.
#include "src/exporter/archive.h"

#include <set>

#include "cbuild/exporter/named_image.h"
#include "cbuild/layer/tar_format.h"
#include "cbuild/layer/tar_writer.h"
#include "cbuild/oci/image_manifests.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/progress.h"

namespace cbuild::exporter {

namespace {

constexpr std::string_view kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";

class Archive {
 public:
  Archive(Sink& out, const ExportServices& services) : tar_(out), services_(services) {}

  void add_directory(const std::string& name) {
    tar_.start(entry(layer::TarEntry::Type::directory, name, 0, 0755));
  }

  void add_file(const std::string& name, std::string_view content) {
    tar_.start(entry(layer::TarEntry::Type::file, name, content.size(), 0644));
    tar_.content(as_bytes(content));
  }

  /// The manifest or index after all that is beneath it.
  void add_image(const oci::Descriptor& root, Progress::Step step) {
    const std::string text = oci::read_document(services_.store.blobs(), root);
    if (oci::media_type::is_index(root.media_type)) {
      for (const oci::Descriptor& child : oci::Index::parse(text).manifests)
        add_image(child, step);
    } else {
      const auto manifest = oci::Manifest::parse(text);
      for (const oci::Descriptor& layer : manifest.layers)
        add_blob(layer, step);
      add_blob(manifest.config, step);
    }
    add_blob(root, step);
  }

  void finish() { tar_.finish(); }

 private:
  void add_blob(const oci::Descriptor& blob, Progress::Step step) {
    if (!written_.insert(blob.digest).second) return;
    tar_.start(
        entry(layer::TarEntry::Type::file, "blobs/sha256/" + blob.digest.hex(), blob.size, 0644));
    const auto source = services_.store.blobs().open(blob);
    std::vector<std::byte> buffer(kIoBlock);
    std::uint64_t done = 0;
    while (const std::size_t count = source->read(buffer)) {
      services_.cancel.check();
      tar_.content(std::span(buffer).first(count));
      done += count;
      step.transfer(blob.digest.short_hex(), done, blob.size);
    }
  }

  static layer::TarEntry entry(layer::TarEntry::Type type,
                               const std::string& name,
                               std::uint64_t size,
                               std::uint32_t mode) {
    layer::TarEntry result;
    result.type = type;
    result.path = name;
    result.size = size;
    result.mode = mode;
    return result;
  }

  layer::TarWriter tar_;
  const ExportServices& services_;
  std::set<oci::Digest> written_;
};

std::string index_json(const std::vector<NamedImage>& images) {
  oci::Index index;
  for (const NamedImage& image : images) {
    if (image.names.empty()) index.manifests.push_back(image.manifest);
    for (const oci::Reference& name : image.names) {
      oci::Descriptor named = image.manifest;
      named.annotations["io.containerd.image.name"] = name.to_string();
      named.annotations["org.opencontainers.image.ref.name"] =
          name.tag.empty() ? name.to_string() : name.tag;
      index.manifests.push_back(std::move(named));
    }
  }
  return index.to_json();
}

std::string docker_manifest_json(const std::vector<NamedImage>& images, oci::BlobStore& blobs) {
  std::vector<DockerImage> shown;
  for (const NamedImage& image : images) {
    const auto manifest = oci::manifest_to_show(blobs, image.manifest, oci::Platform::host());
    shown.push_back({oci::Manifest::parse(oci::read_document(blobs, manifest)), image.names});
  }
  return docker_manifest_json(shown);
}

}  // namespace

void write_archive(const std::vector<NamedImage>& images,
                   bool docker,
                   Sink& out,
                   const ExportServices& services) {
  const std::string label = docker ? "exporting to docker archive" : "exporting to OCI archive";
  with_step(services.progress, label, [&](Progress::Step step) {
    Archive archive(out, services);
    archive.add_directory("blobs/");
    archive.add_directory("blobs/sha256/");
    archive.add_file("index.json", index_json(images));
    if (docker) {
      archive.add_file("manifest.json", docker_manifest_json(images, services.store.blobs()));
    }
    archive.add_file("oci-layout", kLayoutFile);
    for (const NamedImage& image : images)
      archive.add_image(image.manifest, step);
    archive.finish();
  });
}

}  // namespace cbuild::exporter
