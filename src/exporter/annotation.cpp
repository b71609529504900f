// Parses annotations; see annotation.h.
#include "cbuild/exporter/annotation.h"

#include <utility>

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

}  // namespace cbuild::exporter
