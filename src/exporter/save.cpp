// Writes archives and layouts; see save.h.
#include "src/exporter/save.h"

#include <unistd.h>

#include "cbuild/exporter/named_image.h"
#include "cbuild/exporter/output.h"
#include "cbuild/exporter/services.h"
#include "cbuild/oci/layout.h"
#include "cbuild/util/error.h"
#include "cbuild/util/progress.h"
#include "src/exporter/archive.h"
#include "src/exporter/destination.h"
#include "src/exporter/encode.h"
#include "src/exporter/staged_directory.h"
#include "src/exporter/transfer.h"

namespace cbuild::exporter {

namespace {

/// A layout that is there gets the images one after the other, each when all of it is there.
oci::Descriptor add_to_layout(const std::vector<NamedImage>& images,
                              const std::string& directory,
                              const Output& output,
                              const ExportServices& services) {
  return with_step(services.progress, "exporting to OCI layout", [&](Progress::Step step) {
    oci::Layout layout = oci::Layout::create(directory);
    oci::Descriptor last;
    for (const NamedImage& image : images) {
      last = encode_for(output, image.manifest, layer::Compression::gzip, &layout, services);
      transfer(last, layout, step, services);
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
        {encode_for(output, image.manifest, by_default, nullptr, services), image.names});
  }
  write_to(output.destination, [&](Sink& out) { write_archive(archived, docker, out, services); });
  return archived.back().manifest;
}

}  // namespace

oci::Descriptor save(const std::vector<NamedImage>& images,
                     const Output& output,
                     const ExportServices& services) {
  if (images.empty()) throw Error(ErrorKind::usage, "there is no image to save");
  return output.oci_directory ? to_layout_directory(images, output, services)
                              : to_archive(images, output, services);
}

}  // namespace cbuild::exporter
