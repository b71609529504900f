// Which media type is what, and its counterpart in the other family.
#include <doctest/doctest.h>

#include "cbuild/oci/descriptor.h"

namespace cbuild::oci::media_type {

namespace {

/// "index", "manifest", "config", "layer" or "": what `type` is taken for.
std::string kind_of(std::string_view type) {
  std::string kind;
  if (is_index(type)) kind += "index";
  if (is_manifest(type)) kind += "manifest";
  if (is_config(type)) kind += "config";
  if (is_layer(type)) kind += "layer";
  return kind;
}

}  // namespace

TEST_CASE("a media type is one kind of thing, or none of ours") {
  struct Row {
    std::string_view type;
    std::string_view kind;
  };

  const Row rows[] = {
      {kIndex, "index"},
      {kDockerList, "index"},
      {kManifest, "manifest"},
      {kDockerManifest, "manifest"},
      {kConfig, "config"},
      {kDockerConfig, "config"},
      {kLayer, "layer"},
      {kLayerGzip, "layer"},
      {kLayerZstd, "layer"},
      {kDockerLayer, "layer"},
      {kDockerLayerGzip, "layer"},
      {"", ""},
      {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", ""},
      {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", ""},
      {"application/vnd.docker.distribution.manifest.v1+prettyjws", ""},
      {"application/vnd.oci.empty.v1+json", ""},
      {"application/vnd.oci.image.manifest.v1+json; charset=utf-8", ""},
      {"Application/vnd.oci.image.manifest.v1+json", ""},
      {"application/vnd.oci.image.layer.v1.tar+bzip2", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.type);
    CHECK(kind_of(row.type) == row.kind);
  }
}

TEST_CASE("each type has its counterpart in the other family") {
  struct Row {
    std::string_view oci;
    std::string_view docker;
  };

  const Row rows[] = {{kIndex, kDockerList},
                      {kManifest, kDockerManifest},
                      {kConfig, kDockerConfig},
                      {kLayer, kDockerLayer},
                      {kLayerGzip, kDockerLayerGzip}};
  for (const Row& row : rows) {
    CAPTURE(row.oci);
    CHECK(to_docker(row.oci) == row.docker);
    CHECK(to_oci(row.docker) == row.oci);
    CHECK(to_oci(row.oci) == row.oci);  // is in its family already
    CHECK(to_docker(row.docker) == row.docker);
  }
  for (const std::string_view other :
       {kLayerZstd, std::string_view("text/plain"), std::string_view()}) {
    CAPTURE(other);
    CHECK(to_docker(other) == other);
    CHECK(to_oci(other) == other);
  }
}

}  // namespace cbuild::oci::media_type
