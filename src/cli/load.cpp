// cbuild load: read images from an archive or a directory.
#include <fcntl.h>
#include <fmt/core.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cbuild/build/build.h"
#include "cbuild/layer/apply.h"
#include "cbuild/layer/compression.h"
#include "cbuild/oci/layout.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/input_file.h"
#include "cbuild/util/shared_stream.h"
#include "cbuild/util/text.h"
#include "src/cli/command.h"
#include "src/cli/docker_archive.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

constexpr const char* kRefName = "org.opencontainers.image.ref.name";
constexpr const char* kContainerdName = "io.containerd.image.name";

/// A directory of our own that goes when this goes.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    const auto base = process_environment("TMPDIR");
    path_ = (base && base->starts_with('/') ? *base : "/var/tmp") + "/cbuild-load-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw SysError("make {}", path_);
  }

  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  ~TemporaryDirectory() {
    try {
      remove_tree(AT_FDCWD, path_);
    } catch (const Error& error) {
      warn(error.what());
    }
  }

  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

void unpack(Source& archive, const std::string& directory, const CancelToken& cancel) {
  const auto tar = layer::decompress(archive);
  layer::ApplyOptions options;
  options.whiteouts = layer::ApplyOptions::Whiteouts::refuse;
  options.owner = {::geteuid(), ::getegid()};
  options.cancel = &cancel;
  layer::apply(*tar, open_directory(directory), options);
}

/// The names an image has in an OCI layout. A bare tag is none: it lacks the repository.
std::vector<oci::Reference> names_of(const oci::Descriptor& manifest) {
  for (const char* key : {kContainerdName, kRefName}) {
    const auto found = manifest.annotations.find(key);
    if (found == manifest.annotations.end()) continue;
    if (found->second.find_first_of(":/") == std::string::npos) continue;
    if (auto name = oci::Reference::try_parse(found->second)) return {*name};
  }
  return {};
}

class Load final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "Reads what 'docker save', 'podman save' and 'cbuild save' write: docker archives and OCI "
        "layouts, as a directory or as a tar in any compression. Prints the names, and which image "
        "lost one of them.");
    args.option("-i,--input", input_, "PATH", "Where from (default: standard input)");
    args.example("cbuild load -i app.tar", "from an archive");
    args.example("docker save app | cbuild load", "from docker");
  }

  int run(Session& session) override;

 private:
  struct Loaded {
    oci::Digest id;
    std::vector<oci::Reference> names;
    std::string losers;  ///< images that lost a name to this one, in docker's words, a line each
  };

  static Loaded add(const oci::Descriptor& manifest,
                    oci::BlobStore& from,
                    const std::vector<oci::Reference>& names,
                    const build::Environment& environment);
  static std::vector<Loaded> load_layout(oci::Layout layout, const build::Environment& environment);
  static std::vector<Loaded> load(Session& session, const std::string& directory);
  Fd open_input() const;

  std::string input_;
};

Load::Loaded Load::add(const oci::Descriptor& manifest,
                       oci::BlobStore& from,
                       const std::vector<oci::Reference>& names,
                       const build::Environment& environment) {
  std::vector<std::pair<oci::Reference, oci::Digest>> former;
  for (const oci::Reference& name : names) {
    for (const store::Holder& holder : environment.store.images().holders(name))
      former.emplace_back(name, holder.image.id);
  }
  Loaded loaded{build::load(manifest, from, names, environment), names, {}};
  for (const auto& [name, id] : former) {
    if (id == loaded.id) continue;
    loaded.losers += fmt::format(
        "The image {} already exists, renaming the old one with ID {} to empty string\n",
        name.familiar(), id.to_string());
  }
  return loaded;
}

std::vector<Load::Loaded> Load::load_layout(oci::Layout layout,
                                            const build::Environment& environment) {
  std::vector<Loaded> loaded;
  for (const oci::Descriptor& entry : layout.index().manifests)
    loaded.push_back(add(entry, layout, names_of(entry), environment));
  return loaded;
}

std::vector<Load::Loaded> Load::load(Session& session, const std::string& directory) {
  const auto progress = session.make_progress(ProgressStyle::automatic, "Loading");
  progress->resume_threads();
  const build::Environment environment{session.store(), session.registry(), *progress,
                                       session.cancel()};
  struct stat status = {};
  const auto holds = [&](const char* name) {
    return ::stat((directory + "/" + name).c_str(), &status) == 0;
  };
  // Newer archives of docker hold both forms; the layout keeps the digest of the manifest.
  if (holds("oci-layout") || !holds("manifest.json")) {
    return load_layout(oci::Layout::open(directory), environment);
  }
  std::vector<Loaded> loaded;
  const auto archive = DockerArchive::open(directory, session.cancel());
  for (const DockerArchive::Entry& image : archive->images())
    loaded.push_back(add(image.manifest, *archive, image.names, environment));
  return loaded;
}

Fd Load::open_input() const {
  if (!input_.empty() && input_ != "-") return cbuild::open_input(input_);
  if (::isatty(STDIN_FILENO) == 1) {
    throw Error(ErrorKind::usage, "an archive is wanted: --input PATH, or on standard input");
  }
  return duplicate_of_stdin();
}

int Load::run(Session& session) {
  std::vector<Loaded> loaded;
  struct stat status = {};
  if (::stat(input_.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    loaded = load(session, input_);
  } else {
    const TemporaryDirectory temporary;
    SharedSource archive(open_input(), input_.empty() ? "standard input" : input_);
    with_context("load " + printable(input_.empty() ? "standard input" : input_),
                 [&] { unpack(archive, temporary.path(), session.cancel()); });
    loaded = load(session, temporary.path());
  }
  std::string text;
  for (const Loaded& image : loaded) {
    text += image.losers;
    if (image.names.empty()) text += fmt::format("Loaded image ID: {}\n", image.id.to_string());
    for (const oci::Reference& name : image.names) {
      text += fmt::format("Loaded image: {}\n", name.familiar());
    }
  }
  write_result(text);
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_load() {
  return std::make_unique<Load>();
}

}  // namespace cbuild::cli
