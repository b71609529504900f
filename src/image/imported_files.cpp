// Unpacks what is imported; see imported_files.h.
#include "src/image/imported_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cbuild/layer/apply.h"
#include "cbuild/layer/compression.h"
#include "cbuild/layer/diff.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/input_file.h"
#include "cbuild/util/pipe_source.h"
#include "cbuild/util/shared_stream.h"

namespace cbuild::image {

namespace {

/// @return the latest time of a file
std::int64_t unpack_tar(Source& archive,
                        const store::ActiveSnapshot& active,
                        const CancelToken& cancel) {
  const auto tar = layer::decompress(archive);
  layer::ApplyOptions options;
  options.whiteouts = layer::ApplyOptions::Whiteouts::refuse;
  options.owners = active.owners().get();
  options.cancel = &cancel;
  return layer::apply(*tar, active.upper(), options).newest;
}

}  // namespace

std::int64_t import_files(const std::string& path,
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
  const layer::RootTree tree(open_directory(path));
  PipeSource tar([&tree](Sink& out, const CancelToken& stop) {
    layer::write_tar(tree, out, {.cancel = &stop});
  });
  return unpack_tar(tar, active, cancel);
}

}  // namespace cbuild::image
