// The config of an imported image.
#pragma once

#include <cstdint>
#include <string>

namespace cbuild::oci {
struct ImageConfig;
}

namespace cbuild::image {

/// The facts of the import. Times are seconds since 1970.
struct Imported {
  std::string path;         ///< "-" = standard input
  std::int64_t newest = 0;  ///< time of the newest file
  std::int64_t now = 0;     ///< the latest time that the image may have
};

/// `config` with the time of the newest file and one entry of history, which names the last
/// component of the path.
oci::ImageConfig imported_config(oci::ImageConfig config, const Imported& imported);

}  // namespace cbuild::image
