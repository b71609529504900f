// Annotations: how they are written, and where they end up.
#include "cbuild/exporter/annotation.h"

#include <doctest/doctest.h>

#include "cbuild/exporter/annotate.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/util/error.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::exporter {

namespace {

using Place = Annotation::Place;

oci::Descriptor write_manifest(oci::BlobStore& blobs, const std::string& platform) {
  oci::Manifest manifest;
  manifest.config = oci::describe(oci::media_type::kConfig, platform);
  const std::string text = manifest.to_json();
  oci::Descriptor written = oci::describe(manifest.media_type, text);
  oci::write_blob(blobs, written, text);
  written.platform = oci::Platform::parse(platform);
  return written;
}

}  // namespace

TEST_CASE("parse_annotation") {
  CHECK(parse_annotation("k=v") == std::vector<Annotation>{{Place::manifest, {}, "k", "v"}});
  CHECK(parse_annotation("k=a:b=c") ==
        std::vector<Annotation>{{Place::manifest, {}, "k", "a:b=c"}});
  CHECK(parse_annotation("index,manifest[linux/arm64]:k=") ==
        std::vector<Annotation>{{Place::index, {}, "k", ""},
                                {Place::manifest, oci::Platform::parse("linux/arm64"), "k", ""}});
  CHECK(parse_annotation("index-descriptor:k=v") ==
        std::vector<Annotation>{{Place::index_descriptor, {}, "k", "v"}});
  for (const char* wrong : {"", "k", "=v", "index:=v", "indx:k=v", "index[linux/arm64]:k=v",
                            "manifest[linux/arm64:k=v", ":k=v", "manifest[UPPER CASE]:k=v"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_annotation(wrong), Error);
  }
}

TEST_CASE("annotate puts each where it belongs") {
  const store::TempDirectory temp;
  store::Store store(temp.store());
  oci::BlobStore& blobs = store.blobs();
  oci::Index index;
  index.manifests = {write_manifest(blobs, "linux/amd64"), write_manifest(blobs, "linux/arm64")};
  const std::string text = index.to_json();
  const oci::Descriptor root = oci::describe(index.media_type, text);
  oci::write_blob(blobs, root, text);

  CHECK(annotate(root, {}, blobs) == root);
  const oci::Descriptor done =
      annotate(root,
               {{Place::manifest, {}, "all", "1"},
                {Place::manifest, oci::Platform::parse("linux/arm64"), "arm", "2"},
                {Place::index, {}, "index", "3"},
                {Place::manifest_descriptor, {}, "entry", "4"},
                {Place::index_descriptor, {}, "root", "5"}},
               blobs);
  using Map = std::map<std::string, std::string>;
  CHECK(done.annotations == Map{{"root", "5"}});
  const auto changed = oci::Index::parse(oci::read_document(blobs, done));
  CHECK(changed.annotations == Map{{"index", "3"}});
  REQUIRE(changed.manifests.size() == 2);
  CHECK(changed.manifests[1].annotations == Map{{"entry", "4"}});
  const auto annotations_of = [&](std::size_t i) {
    return oci::Manifest::parse(oci::read_document(blobs, changed.manifests[i])).annotations;
  };
  CHECK(annotations_of(0) == Map{{"all", "1"}});
  CHECK(annotations_of(1) == Map{{"all", "1"}, {"arm", "2"}});

  CHECK_THROWS_AS(annotate(index.manifests[0], {{Place::index, {}, "k", "v"}}, blobs), Error);
}

}  // namespace cbuild::exporter
