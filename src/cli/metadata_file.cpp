// Writes the document of --metadata-file; see metadata_file.h.
#include "src/cli/metadata_file.h"

#include <algorithm>

#include "cbuild/build/request.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/util/text.h"
#include "src/cli/json_writer.h"

namespace cbuild::cli {

namespace {

std::string names_of(const build::Request& request) {
  std::vector<std::string> names;
  for (const oci::Reference& tag : request.tags)
    names.push_back(tag.to_string());
  for (const exporter::Output& output : request.outputs) {
    for (const oci::Reference& name : output.names) {
      if (names.empty() || std::ranges::find(names, name.to_string()) == names.end())
        names.push_back(name.to_string());
    }
  }
  return join(names, ",");
}

void write_descriptor(JsonWriter& json,
                      const oci::Descriptor& descriptor,
                      const std::string& config) {
  json.key("containerimage.descriptor").begin_object();
  json.member("mediaType", descriptor.media_type);
  json.member("digest", descriptor.digest.to_string());
  json.member("size", descriptor.size);
  if (!descriptor.annotations.empty() || !config.empty()) {
    json.key("annotations").begin_object();
    for (const auto& [key, value] : descriptor.annotations)
      json.member(key, value);
    if (!config.empty()) json.member("config.digest", config);
    json.end_object();
  }
  json.end_object();
}

}  // namespace

std::string metadata_json(const build::Request& request,
                          const build::Result& result,
                          oci::BlobStore& blobs) {
  const oci::Descriptor& image = result.exported;
  std::string config;
  if (oci::media_type::is_manifest(image.media_type)) {
    config = oci::Manifest::parse(oci::read_document(blobs, image)).config.digest.to_string();
  }
  JsonWriter json;
  json.begin_object();
  if (!config.empty()) json.member("containerimage.config.digest", config);
  write_descriptor(json, image, config);
  json.member("containerimage.digest", image.digest.to_string());
  const std::string names = names_of(request);
  if (!names.empty()) json.member("image.name", names);
  json.end_object();
  return json.take();
}

}  // namespace cbuild::cli
