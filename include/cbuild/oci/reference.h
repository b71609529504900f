// The name of an image: registry, repository, tag, digest.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cbuild/oci/digest.h"

namespace cbuild::oci {

/// "localhost:5000/team/app:1.2@sha256:…". Source: distribution/reference grammar; limits:
/// repository 255, tag 128.
struct Reference {
  std::string registry;    ///< "docker.io", "localhost:5000"; never empty
  std::string repository;  ///< "library/debian", "team/app"; never empty
  std::string
      tag;  ///< "latest" when neither tag nor digest were given; may be empty beside a digest
  std::optional<Digest> digest;

  /// Fills in what docker fills in: registry docker.io, repository library/NAME, tag latest. An
  /// image's ID ("sha256:…", or 64 hexadecimal digits) is no name.
  /// @throws Error(usage) naming the text.
  static Reference parse(std::string_view text);
  static std::optional<Reference> try_parse(std::string_view text);

  /// Everything spelled out: "docker.io/library/debian:latest".
  std::string to_string() const;

  /// As people write it: "debian", "debian:12"; docker.io/library/ left out.
  std::string familiar() const;

  /// "docker.io/library/debian".
  std::string name() const { return registry + "/" + repository; }

  friend auto operator<=>(const Reference&, const Reference&) = default;
};

}  // namespace cbuild::oci
