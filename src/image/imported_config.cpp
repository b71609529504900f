// Sets time and history of an imported config; see imported_config.h.
#include "src/image/imported_config.h"

#include <algorithm>

#include "cbuild/oci/image_config.h"
#include "cbuild/util/text.h"

namespace cbuild::image {

oci::ImageConfig imported_config(oci::ImageConfig config, const Imported& imported) {
  const std::string& path = imported.path;
  const std::string shown = path == "-" ? path : path.substr(path.find_last_of('/') + 1);
  // Not the time of the import: equal files shall be equal images.
  config.created = rfc3339(std::clamp<std::int64_t>(imported.newest, 0, imported.now));
  config.history = {{config.created, "cbuild import " + shown, {}, {}, false}};
  return config;
}

}  // namespace cbuild::image
