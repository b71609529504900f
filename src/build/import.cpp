// A root file system as an image of one layer.
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "cbuild/build/build.h"
#include "cbuild/frontend/excerpt.h"
#include "cbuild/layer/apply.h"
#include "cbuild/layer/compression.h"
#include "cbuild/layer/diff.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/input_file.h"
#include "cbuild/util/pipe_source.h"
#include "cbuild/util/shared_stream.h"
#include "cbuild/util/text.h"
#include "src/build/assemble.h"
#include "src/build/working_namespace.h"

namespace cbuild::build {

namespace {

/// The --change instructions, understood as a Dockerfile on scratch: only their config is used.
class NoImages final : public frontend::ImageResolver {
 public:
  frontend::ResolvedImage resolve(const oci::Reference&, const oci::Platform&) override {
    refuse();
  }

  frontend::ResolvedImage resolve_context(const std::string&, const oci::Platform&) override {
    refuse();
  }

 private:
  [[noreturn]] static void refuse() { throw Error(ErrorKind::usage, "--change takes no FROM"); }
};

oci::ImageConfig config_of(const std::vector<std::string>& changes) {
  NoImages resolver;
  const std::string text = "FROM scratch\n" + join(changes, "\n") + "\n";
  try {
    const frontend::Lowered lowered = frontend::Dockerfile(text).lower({}, resolver);
    if (!lowered.layers.empty())
      throw Error(ErrorKind::usage, "--change takes no RUN, COPY or ADD");
    oci::ImageConfig config = lowered.config;
    config.history.clear();
    return config;
  } catch (const frontend::DockerfileError& error) {
    throw BuildFailed(error, frontend::excerpt("--change", text, error.range()));
  }
}

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
    if (errno == ENOENT) throw Error(ErrorKind::usage, "there is no such file or directory");
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
                          const oci::Platform& platform,
                          const std::vector<std::string>& changes,
                          const Environment& environment) {
  AssembleRequest assembly;
  assembly.config = config_of(changes);
  assembly.config.platform = platform;
  std::int64_t newest = 0;
  assembly.chain = with_step(environment.progress, "importing " + path, [&](Progress::Step) {
    enter_working_namespace(environment);
    store::ActiveSnapshot active = environment.store.snapshots().prepare(std::nullopt);
    with_context("import " + path, [&] { newest = fill(path, active, environment.cancel); });
    return std::move(active).commit(environment.cancel).chain_id;
  });
  assembly.dated = true;
  // Not the time of the import: equal files shall be equal images.
  assembly.config.created = rfc3339(std::clamp<std::int64_t>(newest, 0, ::time(nullptr)));
  assembly.config.history.push_back(
      {{},
       "cbuild import " + (path == "-" ? "-" : path.substr(path.find_last_of('/') + 1)),
       {},
       {},
       false});
  const Assembled image = assemble(assembly, environment);
  environment.store.images().add(image.image_id, image.manifest, std::span(&name, 1));
  return image.image_id;
}

}  // namespace cbuild::build
