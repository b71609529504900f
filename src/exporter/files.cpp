// Copies root file systems to the caller's files; see files.h.
#include "src/exporter/files.h"

#include <sys/stat.h>

#include <string>
#include <vector>

#include "cbuild/exporter/output.h"
#include "cbuild/exporter/services.h"
#include "cbuild/layer/apply.h"
#include "cbuild/layer/diff.h"
#include "cbuild/layer/tar_format.h"
#include "cbuild/layer/tar_writer.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/pipe_source.h"
#include "cbuild/util/progress.h"
#include "src/exporter/destination.h"
#include "src/exporter/platform_roots.h"
#include "src/exporter/staged_directory.h"

namespace cbuild::exporter {

namespace {

layer::DiffOptions whole_tree(const ExportServices& services, const CancelToken& cancel) {
  layer::DiffOptions options;
  options.latest_time = services.latest_time;
  options.cancel = &cancel;
  return options;
}

void write_archive(const std::vector<PlatformRoot>& roots,
                   bool split,
                   Sink& out,
                   const ExportServices& services) {
  layer::TarWriter tar(out);
  for (const PlatformRoot& root : roots) {
    const std::string prefix = split ? root.directory + "/" : "";
    if (split) {
      layer::TarEntry entry;
      entry.type = layer::TarEntry::Type::directory;
      entry.path = prefix;
      entry.mode = 0755;
      tar.start(entry);
    }
    layer::write_tree(root.tree, prefix, tar, whole_tree(services, services.cancel));
  }
  tar.finish();
}

void copy_tree(const PlatformRoot& root,
               const std::string& target,
               const ExportServices& services) {
  PipeSource tar([&](Sink& out, const CancelToken& cancel) {
    layer::write_tar(root.tree, out, whole_tree(services, cancel));
  });
  layer::ApplyOptions options;
  options.whiteouts = layer::ApplyOptions::Whiteouts::refuse;
  options.cancel = &services.cancel;
  if (!services.keep_owners) {
    // The caller: root inside the user namespace. A set-user-ID program of the image would run with
    // the rights of the caller.
    options.owner = layer::ApplyOptions::Owner{::geteuid(), ::getegid()};
    options.set_ids = false;
  }
  layer::apply(tar, open_directory(target), options);
}

}  // namespace

oci::Descriptor to_tar(const oci::Descriptor& image,
                       const Output& output,
                       const ExportServices& services) {
  return with_step(services.progress, "exporting to tar", [&](Progress::Step) {
    const std::vector<PlatformRoot> roots = platform_roots(image, services);
    const bool split = output.platform_split.value_or(oci::media_type::is_index(image.media_type));
    if (!split && roots.size() > 1) {
      throw Error(ErrorKind::usage,
                  "platform-split=false: one tar cannot contain the files of several platforms "
                  "under the same paths");
    }
    write_to(output.destination, [&](Sink& out) { write_archive(roots, split, out, services); });
    return image;
  });
}

oci::Descriptor to_directory(const oci::Descriptor& image,
                             const Output& output,
                             const ExportServices& services) {
  return with_step(services.progress, "exporting to " + output.destination, [&](Progress::Step) {
    const std::vector<PlatformRoot> roots = platform_roots(image, services);
    const bool split = output.platform_split.value_or(oci::media_type::is_index(image.media_type));
    StagedDirectory staged(output.destination);
    for (const PlatformRoot& root : roots) {
      if (split) {
        const std::string directory = staged.path() + "/" + root.directory;
        make_directories(directory);
        copy_tree(root, directory, services);
      } else if (&root == &roots.front()) {
        copy_tree(root, staged.path(), services);
      } else {
        StagedDirectory next(staged.path());
        copy_tree(root, next.path(), services);
        with_context("platform-split=false: " + root.directory,
                     [&] { next.commit({.mirror = false, .replace = false}); });
      }
    }
    staged.commit({.mirror = output.mirror});
    return image;
  });
}

}  // namespace cbuild::exporter
