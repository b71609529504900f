// The kinds of export, one function each, and the table of them.
#include "cbuild/exporter/exporter.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "cbuild/layer/apply.h"
#include "cbuild/layer/diff.h"
#include "cbuild/oci/copy.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/layout.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/pipe_source.h"
#include "src/exporter/archive.h"
#include "src/exporter/destination.h"
#include "src/exporter/encode.h"

namespace cbuild::exporter {

namespace {

/// Shows the blobs of a copy as transfers of one step.
oci::CopyOptions show_in(Progress& progress, Progress::Step step) {
  oci::CopyOptions options;
  options.progress = [&progress, step](const oci::Descriptor& blob, std::uint64_t done,
                                       bool existed) {
    if (!existed) progress.transfer(step, blob.digest.short_hex(), done, blob.size);
  };
  return options;
}

EncodedImage encode(const oci::Descriptor& manifest,
                    const Output& output,
                    layer::Compression by_default,
                    oci::BlobStore* destination,
                    const Environment& environment) {
  return encode_image(manifest, output.compression.value_or(by_default), output.compression_level,
                      destination, environment);
}

oci::Descriptor keep_in_store(const oci::Descriptor& manifest, const Output&, const Environment&) {
  return manifest;
}

oci::Descriptor push_as(const oci::Reference& name,
                        const oci::Descriptor& manifest,
                        const Output& output,
                        Progress::Step step,
                        const Environment& environment) {
  const auto repository = environment.registry.repository(name);
  const EncodedImage encoded =
      encode(manifest, output, layer::Compression::gzip, repository.get(), environment);
  oci::copy(encoded.manifest, environment.store.blobs(), *repository,
            show_in(environment.progress, step), environment.cancel);
  if (!name.tag.empty()) repository->tag(encoded.manifest, name.tag);
  return encoded.manifest;
}

oci::Descriptor push(const oci::Descriptor& manifest,
                     const Output& output,
                     const Environment& environment) {
  if (output.names.empty()) {
    throw Error(ErrorKind::usage, "nothing to push to: the image has no name")
        .with_hint("give it one with --tag");
  }
  oci::Descriptor pushed;
  for (const oci::Reference& name : output.names) {
    pushed =
        with_step(environment.progress, "pushing " + name.familiar(), [&](Progress::Step step) {
          return with_context("push " + name.familiar(),
                              [&] { return push_as(name, manifest, output, step, environment); });
        });
  }
  return pushed;
}

oci::Descriptor to_layout_directory(const std::vector<NamedImage>& images,
                                    const Output& output,
                                    const Environment& environment) {
  return with_step(environment.progress, "exporting to OCI layout", [&](Progress::Step step) {
    oci::Layout layout = oci::Layout::create(output.destination);
    oci::Descriptor last;
    for (const NamedImage& image : images) {
      const EncodedImage encoded =
          encode(image.manifest, output, layer::Compression::gzip, &layout, environment);
      oci::copy(encoded.manifest, environment.store.blobs(), layout,
                show_in(environment.progress, step), environment.cancel);
      if (image.names.empty()) layout.add(encoded.manifest, "");
      for (const oci::Reference& name : image.names)
        layout.add(encoded.manifest, name.tag, name.to_string());
      last = encoded.manifest;
    }
    return last;
  });
}

oci::Descriptor to_archive(const std::vector<NamedImage>& images,
                           const Output& output,
                           const Environment& environment) {
  const bool docker = output.type == "docker";
  // docker load wants tars as they are or gzip; readers of docker archives are happiest with plain
  // ones.
  const auto by_default = docker ? layer::Compression::none : layer::Compression::gzip;
  std::vector<ArchivedImage> archived;
  for (const NamedImage& image : images) {
    archived.push_back(
        {encode(image.manifest, output, by_default, nullptr, environment), image.names});
  }
  write_to(output.destination,
           [&](Sink& out) { write_archive(archived, docker, out, environment); });
  return archived.back().image.manifest;
}

oci::Descriptor save_one(const oci::Descriptor& manifest,
                         const Output& output,
                         const Environment& environment) {
  const std::vector<NamedImage> images = {{manifest, output.names}};
  return output.oci_directory ? to_layout_directory(images, output, environment)
                              : to_archive(images, output, environment);
}

Fd root_of(const oci::Descriptor& manifest, const Environment& environment) {
  oci::BlobStore& blobs = environment.store.blobs();
  const auto document = oci::Manifest::parse(oci::read_document(blobs, manifest));
  const auto config = oci::ImageConfig::parse(oci::read_document(blobs, document.config));
  return environment.open_root(oci::chain_of(config.diff_ids));
}

layer::DiffOptions whole_tree(const CancelToken& cancel) {
  layer::DiffOptions options;
  options.overlay = false;
  options.cancel = &cancel;
  return options;
}

oci::Descriptor to_tar(const oci::Descriptor& manifest,
                       const Output& output,
                       const Environment& environment) {
  return with_step(environment.progress, "exporting to tar", [&](Progress::Step) {
    const Fd root = root_of(manifest, environment);
    write_to(output.destination,
             [&](Sink& out) { layer::write_tar(root, out, whole_tree(environment.cancel)); });
    return manifest;
  });
}

oci::Descriptor to_directory(const oci::Descriptor& manifest,
                             const Output& output,
                             const Environment& environment) {
  return with_step(environment.progress, "exporting to " + output.destination, [&](Progress::Step) {
    const Fd root = root_of(manifest, environment);
    make_directories(output.destination);
    const Fd directory = open_directory(output.destination);
    PipeSource tar([&root](Sink& out, const CancelToken& cancel) {
      layer::write_tar(root, out, whole_tree(cancel));
    });
    layer::ApplyOptions options;
    options.whiteouts = layer::ApplyOptions::Whiteouts::refuse;
    options.cancel = &environment.cancel;
    // The caller, seen from inside the user namespace.
    if (!environment.keep_owners) options.owner = layer::ApplyOptions::Owner{0, 0};
    layer::apply(tar, directory, options);
    return manifest;
  });
}

struct Kind {
  std::string_view type;
  oci::Descriptor (*run)(const oci::Descriptor&, const Output&, const Environment&);
};

constexpr std::array kKinds = {
    Kind{"image", keep_in_store}, Kind{"registry", push},      Kind{"oci", save_one},
    Kind{"docker", save_one},     Kind{"local", to_directory}, Kind{"tar", to_tar},
};

}  // namespace

oci::Descriptor export_image(const oci::Descriptor& manifest,
                             const Output& output,
                             const Environment& environment) {
  for (const Kind& kind : kKinds) {
    if (kind.type == output.type) return kind.run(manifest, output, environment);
  }
  throw Error(ErrorKind::usage, "output type '{}' is not supported", output.type);
}

void save_images(const std::vector<NamedImage>& images,
                 const Output& output,
                 const Environment& environment) {
  if (output.oci_directory) {
    to_layout_directory(images, output, environment);
  } else {
    to_archive(images, output, environment);
  }
}

}  // namespace cbuild::exporter
