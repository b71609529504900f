// docker's manifest.json.
#include <nlohmann/json.hpp>

#include "src/exporter/archive.h"

namespace cbuild::exporter {

std::string docker_manifest_json(const std::vector<DockerImage>& images) {
  using nlohmann::json;
  json document = json::array();
  for (const DockerImage& image : images) {
    json layers = json::array();
    for (const oci::Descriptor& layer : image.manifest.layers) {
      layers.push_back("blobs/sha256/" + layer.digest.hex());
    }
    json names = json::array();
    for (oci::Reference name : image.names) {
      name.digest.reset();  // docker load takes names with a tag, and no others
      if (!name.tag.empty()) names.push_back(name.familiar());
    }
    document.push_back({{"Config", "blobs/sha256/" + image.manifest.config.digest.hex()},
                        {"RepoTags", std::move(names)},
                        {"Layers", std::move(layers)}});
  }
  return document.dump();
}

}  // namespace cbuild::exporter
