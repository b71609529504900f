// The kinds of export, one function each, and the table of them.
#include "cbuild/exporter/exporter.h"

#include <array>
#include <string_view>
#include <vector>

#include "cbuild/exporter/named_image.h"
#include "cbuild/exporter/output.h"
#include "cbuild/util/error.h"
#include "src/exporter/files.h"
#include "src/exporter/push.h"
#include "src/exporter/save.h"

namespace cbuild::exporter {

namespace {

oci::Descriptor keep_in_store(const oci::Descriptor& image, const Output&, const ExportServices&) {
  return image;
}

oci::Descriptor save_one(const oci::Descriptor& image,
                         const Output& output,
                         const ExportServices& services) {
  return save({{image, output.names}}, output, services);
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
  save(images, output, services);
}

}  // namespace cbuild::exporter
