// Counts the size of the config document; see config_growth.h.
#include "frontend/dockerfile/config_growth.h"

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"

namespace cbuild::frontend {

namespace {

constexpr std::size_t kMostOfByte = 6;  // "\u0001"
constexpr std::size_t kCopies = 2;      // metadata and labels are in the history, too
constexpr std::size_t kBytesOfEntry = 120;

std::size_t size_in_json(std::string_view text) {
  std::size_t size = 0;
  for (const char c : text)
    size += c < ' ' || c == '"' || c == '\\' || c == '\x7f' ? kMostOfByte : 1;
  return size;
}

}  // namespace

void ConfigGrowth::add_history(std::string_view created_by,
                               bool empty_layer,
                               const SourceRange& place) {
  const std::size_t bytes = created_by.size() + kBytesOfEntry;
  add(empty_layer ? bytes * kMostOfByte * kCopies : size_in_json(created_by) + kBytesOfEntry, bytes,
      place);
}

void ConfigGrowth::add_text(std::string_view text, const SourceRange& place) {
  add(text.size() * kMostOfByte, text.size(), place);
}

void ConfigGrowth::add(std::size_t in_json, std::size_t bytes, const SourceRange& place) {
  in_json_ += in_json;
  if (bytes <= most_) return;
  most_ = bytes;
  place_ = place;
}

void ConfigGrowth::check(const oci::ImageConfig& config) const {
  std::size_t labels = 0;
  for (const auto& [name, value] : config.config.labels)
    labels += name.size() + value.size();
  // Half of it is left to the base. Making the document to see its size takes long.
  if (in_json_ + labels * kMostOfByte * kCopies < oci::kMaxDocument / 2) return;
  try {
    (void)config.to_json();
  } catch (const Error& error) {
    if (most_ * kCopies < labels) throw;  // of the command line
    throw DockerfileError(place_, error.what());
  }
}

}  // namespace cbuild::frontend
