// Importing a root file system; see import.h.
#include "cbuild/image/import.h"

#include <time.h>

#include <utility>

#include "cbuild/image/services.h"
#include "cbuild/image/working_namespace.h"
#include "cbuild/image/write_image.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/progress.h"
#include "src/image/imported_config.h"
#include "src/image/imported_files.h"

namespace cbuild::image {

oci::Digest import_rootfs(const std::string& path,
                          const oci::Reference& name,
                          oci::ImageConfig config,
                          const Services& services) {
  std::int64_t newest = 0;
  const store::Snapshot layer =
      with_step(services.progress, "importing " + path, [&](Progress::Step) {
        enter_working_namespace(services);
        store::ActiveSnapshot active = services.store.snapshots().prepare(std::nullopt);
        with_context("import " + path,
                     [&] { newest = import_files(path, active, services.cancel); });
        return std::move(active).commit(services.cancel);
      });
  const StoredImage image = write_image(
      services.store.blobs(), imported_config(std::move(config), {path, newest, ::time(nullptr)}),
      {as_made_here(layer)});
  services.store.images().add(image.id, image.manifest, std::span(&name, 1));
  return image.id;
}

}  // namespace cbuild::image
