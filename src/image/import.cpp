// Importing a root file system; see import.h.
#include "cbuild/image/import.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <utility>

#include "cbuild/image/services.h"
#include "cbuild/image/working_namespace.h"
#include "cbuild/image/write_image.h"
#include "cbuild/layer/apply.h"
#include "cbuild/layer/compression.h"
#include "cbuild/layer/diff.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/input_file.h"
#include "cbuild/util/pipe_source.h"
#include "cbuild/util/progress.h"
#include "cbuild/util/shared_stream.h"
#include "src/image/imported_config.h"

namespace cbuild::image {

namespace {

/// @return the latest time of a file
std::int64_t unpack_tar(Source& archive,
                        const store::ActiveSnapshot& active,
                        const CancelToken& cancel) {
  const auto tar = layer::decompress(archive);
  layer::ApplyOptions options;
  options.whiteouts = layer::ApplyOptions::Whiteouts::refuse;
  options.cancel = &cancel;
  return layer::apply(*tar, active.upper(), options).newest;
}

std::int64_t fill(const std::string& path,
                  const store::ActiveSnapshot& active,
                  const CancelToken& cancel) {
  if (path == "-") {
    SharedSource archive(duplicate(STDIN_FILENO), "standard input");
    return unpack_tar(archive, active, cancel);
  }

  struct stat status {};

  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) throw Error(ErrorKind::usage, "no such file or directory");
    throw SysError("open");
  }
  if (!S_ISDIR(status.st_mode)) {
    SharedSource archive(open_input(path), path);
    return unpack_tar(archive, active, cancel);
  }
  const Fd fd = open_directory(path);
  PipeSource tar([&fd](Sink& out, const CancelToken& stop) {
    layer::DiffOptions options;
    options.overlay = false;
    options.cancel = &stop;
    layer::write_tar(fd, out, options);
  });
  return unpack_tar(tar, active, cancel);
}

}  // namespace

oci::Digest import_rootfs(const std::string& path,
                          const oci::Reference& name,
                          oci::ImageConfig config,
                          const Services& services) {
  std::int64_t newest = 0;
  const store::Snapshot layer =
      with_step(services.progress, "importing " + path, [&](Progress::Step) {
        enter_working_namespace(services);
        store::ActiveSnapshot active = services.store.snapshots().prepare(std::nullopt);
        with_context("import " + path, [&] { newest = fill(path, active, services.cancel); });
        return std::move(active).commit(services.cancel);
      });
  const StoredImage image = write_image(
      services.store.blobs(), imported_config(std::move(config), {path, newest, ::time(nullptr)}),
      {as_made_here(layer)});
  services.store.images().add(image.id, image.manifest, std::span(&name, 1));
  return image.id;
}

}  // namespace cbuild::image
