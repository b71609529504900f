// Adds annotations to documents; see annotate.h.
#include "cbuild/exporter/annotate.h"

#include <map>
#include <optional>
#include <string>

#include "cbuild/exporter/annotation.h"
#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/util/error.h"

namespace cbuild::exporter {

namespace {

using Place = Annotation::Place;

/// @return whether any was put.
bool put(std::map<std::string, std::string>& target,
         Place place,
         const std::optional<oci::Platform>& platform,
         const std::vector<Annotation>& annotations) {
  bool any = false;
  for (const Annotation& annotation : annotations) {
    if (annotation.place != place) continue;
    if (annotation.platform && annotation.platform != platform) continue;
    target[annotation.key] = annotation.value;
    any = true;
  }
  return any;
}

/// `document` with the digest and size of its new text, which is written.
template <typename Document>
void rewrite(oci::Descriptor& descriptor, const Document& document, oci::BlobStore& blobs) {
  const std::string text = document.to_json();
  const oci::Descriptor written = oci::describe(descriptor.media_type, text);
  oci::write_blob(blobs, written, text);
  descriptor.digest = written.digest;
  descriptor.size = written.size;
}

void annotate_manifest(oci::Descriptor& manifest,
                       const std::vector<Annotation>& annotations,
                       oci::BlobStore& blobs) {
  auto document = oci::Manifest::parse(oci::read_document(blobs, manifest));
  if (put(document.annotations, Place::manifest, manifest.platform, annotations))
    rewrite(manifest, document, blobs);
  put(manifest.annotations, Place::manifest_descriptor, manifest.platform, annotations);
}

}  // namespace

oci::Descriptor annotate(oci::Descriptor image,
                         const std::vector<Annotation>& annotations,
                         oci::BlobStore& blobs) {
  if (annotations.empty()) return image;
  if (!oci::media_type::is_index(image.media_type)) {
    for (const Annotation& annotation : annotations) {
      if (!is_of_index(annotation.place)) continue;
      throw Error(ErrorKind::usage,
                  "annotation {} is for the index, but an image for one platform has no index",
                  annotation.key)
          .with_hint("annotate the manifest, or give several platforms with --platform");
    }
    annotate_manifest(image, annotations, blobs);
    return image;
  }
  auto index = oci::Index::parse(oci::read_document(blobs, image));
  for (oci::Descriptor& manifest : index.manifests) {
    if (!oci::is_attestation(manifest) && oci::media_type::is_manifest(manifest.media_type))
      annotate_manifest(manifest, annotations, blobs);
  }
  put(index.annotations, Place::index, {}, annotations);
  rewrite(image, index, blobs);
  put(image.annotations, Place::index_descriptor, {}, annotations);
  return image;
}

}  // namespace cbuild::exporter
