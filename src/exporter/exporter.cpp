// The kinds of export, one function each, and the table of them.
#include "cbuild/exporter/exporter.h"

#include <unistd.h>

#include <array>
#include <optional>

#include "cbuild/exporter/annotate.h"
#include "cbuild/exporter/named_image.h"
#include "cbuild/exporter/output.h"
#include "cbuild/oci/copy.h"
#include "cbuild/oci/layout.h"
#include "cbuild/registry/registry.h"
#include "cbuild/registry/repository.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/progress.h"
#include "src/exporter/archive.h"
#include "src/exporter/destination.h"
#include "src/exporter/encode.h"
#include "src/exporter/files.h"
#include "src/exporter/staged_directory.h"

namespace cbuild::exporter {

namespace {

/// Shows the blobs of a copy as transfers of one step.
oci::CopyOptions show_in(Progress& progress, Progress::Step step) {
  oci::CopyOptions options;
  options.progress = [&progress, step](const oci::Descriptor& blob, std::uint64_t done,
                                       bool existed) {
    if (!existed) step.transfer(blob.digest.short_hex(), done, blob.size);
  };
  return options;
}

/// The image as `output` wants it.
oci::Descriptor prepare(const oci::Descriptor& image,
                        const Output& output,
                        layer::Compression by_default,
                        oci::BlobStore* destination,
                        const ExportServices& services) {
  const Encoding encoding{.compression = output.compression.value_or(by_default),
                          .level = output.compression_level,
                          .force = output.force_compression,
                          .docker_types = output.docker_types};
  const oci::Descriptor annotated = annotate(image, output.annotations, services.store.blobs());
  return encode_image(annotated, encoding, destination, services);
}

oci::Descriptor keep_in_store(const oci::Descriptor& image, const Output&, const ExportServices&) {
  return image;
}

oci::Descriptor push_as(const oci::Reference& name,
                        const oci::Descriptor& image,
                        const Output& output,
                        Progress::Step step,
                        const ExportServices& services) {
  const auto repository = services.registry.repository(name);
  const oci::Descriptor encoded =
      prepare(image, output, layer::Compression::gzip, repository.get(), services);
  oci::copy(encoded, services.store.blobs(), *repository, show_in(services.progress, step),
            services.cancel);
  if (!name.tag.empty() && !output.push_by_digest) repository->tag(encoded, name.tag);
  return encoded;
}

oci::Descriptor push(const oci::Descriptor& image,
                     const Output& output,
                     const ExportServices& services) {
  if (output.names.empty()) {
    throw Error(ErrorKind::usage, "cannot push the image: it has no name")
        .with_hint("give it one with --tag");
  }
  oci::Descriptor pushed;
  for (const oci::Reference& name : output.names) {
    pushed = with_step(services.progress, "pushing " + name.familiar(), [&](Progress::Step step) {
      return with_context("push " + name.familiar(),
                          [&] { return push_as(name, image, output, step, services); });
    });
    if (services.on_pushed) services.on_pushed(name, pushed);
  }
  return pushed;
}

/// A layout that is there gets the images one after the other, each when all of it is there.
oci::Descriptor add_to_layout(const std::vector<NamedImage>& images,
                              const std::string& directory,
                              const Output& output,
                              const ExportServices& services) {
  return with_step(services.progress, "exporting to OCI layout", [&](Progress::Step step) {
    oci::Layout layout = oci::Layout::create(directory);
    oci::Descriptor last;
    for (const NamedImage& image : images) {
      last = prepare(image.manifest, output, layer::Compression::gzip, &layout, services);
      oci::copy(last, services.store.blobs(), layout, show_in(services.progress, step),
                services.cancel);
      if (image.names.empty()) layout.add(last, "");
      for (const oci::Reference& name : image.names)
        layout.add(last, name.tag, name.to_string());
    }
    return last;
  });
}

oci::Descriptor to_layout_directory(const std::vector<NamedImage>& images,
                                    const Output& output,
                                    const ExportServices& services) {
  if (::access(output.destination.c_str(), F_OK) == 0)
    return add_to_layout(images, output.destination, output, services);
  StagedDirectory staged(output.destination);
  const oci::Descriptor last = add_to_layout(images, staged.path(), output, services);
  staged.commit({});
  return last;
}

oci::Descriptor to_archive(const std::vector<NamedImage>& images,
                           const Output& output,
                           const ExportServices& services) {
  const bool docker = output.type == "docker";
  // docker load wants tars as they are or gzip; readers of docker archives are happiest with plain
  // ones.
  const auto by_default = docker ? layer::Compression::none : layer::Compression::gzip;
  std::vector<NamedImage> archived;
  for (const NamedImage& image : images) {
    archived.push_back(
        {prepare(image.manifest, output, by_default, nullptr, services), image.names});
  }
  write_to(output.destination, [&](Sink& out) { write_archive(archived, docker, out, services); });
  return archived.back().manifest;
}

oci::Descriptor save_all(const std::vector<NamedImage>& images,
                         const Output& output,
                         const ExportServices& services) {
  if (images.empty()) throw Error(ErrorKind::usage, "there is no image to save");
  return output.oci_directory ? to_layout_directory(images, output, services)
                              : to_archive(images, output, services);
}

oci::Descriptor save_one(const oci::Descriptor& image,
                         const Output& output,
                         const ExportServices& services) {
  return save_all({{image, output.names}}, output, services);
}

struct Kind {
  std::string_view type;
  oci::Descriptor (*run)(const oci::Descriptor&, const Output&, const ExportServices&);
};

constexpr std::array kKinds = {
    Kind{"image", keep_in_store},     Kind{"registry", push},      Kind{"oci", save_one},
    Kind{"docker", save_one},         Kind{"local", to_directory}, Kind{"tar", to_tar},
    Kind{"cacheonly", keep_in_store},
};

}  // namespace

oci::Descriptor export_image(const oci::Descriptor& image,
                             const Output& output,
                             const ExportServices& services) {
  for (const Kind& kind : kKinds) {
    if (kind.type == output.type) return kind.run(image, output, services);
  }
  throw Error(ErrorKind::usage, "output type '{}' is not supported", output.type);
}

void save_images(const std::vector<NamedImage>& images,
                 const Output& output,
                 const ExportServices& services) {
  save_all(images, output, services);
}

}  // namespace cbuild::exporter
