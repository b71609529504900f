// Parses annotations and adds them to documents; see annotation.h.
#include "cbuild/exporter/annotation.h"

#include <utility>

#include "cbuild/oci/manifest.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::exporter {

namespace {

using Place = Annotation::Place;

constexpr std::pair<std::string_view, Place> kPlaces[] = {
    {"manifest", Place::manifest},
    {"index", Place::index},
    {"manifest-descriptor", Place::manifest_descriptor},
    {"index-descriptor", Place::index_descriptor}};

bool is_of_index(Place place) {
  return place == Place::index || place == Place::index_descriptor;
}

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

bool set_place(Annotation& annotation, std::string_view text) {
  const auto bracket = text.find('[');
  if (bracket != std::string_view::npos) {
    if (!text.ends_with(']')) return false;
    annotation.platform = oci::Platform::parse(text.substr(bracket + 1, text.size() - bracket - 2));
  }
  for (const auto& [name, place] : kPlaces) {
    if (name != text.substr(0, bracket)) continue;
    annotation.place = place;
    return !(annotation.platform && is_of_index(place));
  }
  return false;
}

std::vector<Annotation> parse_annotation(std::string_view text) {
  const auto equals = text.find('=');
  const auto colon = text.substr(0, equals).find(':');
  const std::string key(text.substr(0, equals).substr(colon == text.npos ? 0 : colon + 1));
  if (equals == text.npos || key.empty()) {
    throw Error(ErrorKind::usage, "--annotation '{}': want [PLACE:]NAME=VALUE", printable(text));
  }
  const std::string places(colon == text.npos ? "manifest" : text.substr(0, colon));
  std::vector<Annotation> annotations;
  for (const std::string& place : split(places, ',')) {
    Annotation annotation{{}, {}, key, std::string(text.substr(equals + 1))};
    if (!set_place(annotation, place)) {
      throw Error(ErrorKind::usage,
                  "--annotation: '{}' is not a place (want manifest, index, manifest-descriptor or "
                  "index-descriptor; also manifest[PLATFORM] and manifest-descriptor[PLATFORM])",
                  printable(place));
    }
    annotations.push_back(std::move(annotation));
  }
  return annotations;
}

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
