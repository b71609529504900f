// cbuild load: read images from an archive or a directory.
#include "cbuild/image/load.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cbuild/image/services.h"
#include "cbuild/oci/layout.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/input_file.h"
#include "cbuild/util/progress.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/docker_archive.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"
#include "src/cli/unpacked_archive.h"

namespace cbuild::cli {

namespace {

constexpr const char* kRefName = "org.opencontainers.image.ref.name";
constexpr const char* kContainerdName = "io.containerd.image.name";

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
        "layouts, as a directory or as a tar in any compression. Prints the loaded names, and the "
        "ID of an image that lost its name.");
    args.option("-i,--input", input_, "PATH",
                "Archive or directory to read (default: standard input)");
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
                    const image::Services& services);
  void load_all(const std::string& directory, const image::Services& services);
  void load(Session& session, const std::string& directory);
  std::string report() const;
  Fd open_input() const;

  bool from_stdin() const { return input_.empty() || input_ == "-"; }

  std::string input_name() const { return from_stdin() ? "standard input" : printable(input_); }

  std::string input_;
  std::vector<Loaded> loaded_;
};

Load::Loaded Load::add(const oci::Descriptor& manifest,
                       oci::BlobStore& from,
                       const std::vector<oci::Reference>& names,
                       const image::Services& services) {
  std::vector<std::pair<oci::Reference, oci::Digest>> former;
  for (const oci::Reference& name : names) {
    for (const store::Holder& holder : services.store.images().holders(name))
      former.emplace_back(name, holder.image.id);
  }
  Loaded loaded{image::load(manifest, from, names, services), names, {}};
  for (const auto& [name, id] : former) {
    if (id == loaded.id) continue;
    loaded.losers += fmt::format(
        "The image {} already exists, renaming the old one with ID {} to empty string\n",
        name.familiar(), id.to_string());
  }
  return loaded;
}

void Load::load_all(const std::string& directory, const image::Services& services) {
  struct stat status = {};
  const auto holds = [&](const char* name) {
    return ::stat((directory + "/" + name).c_str(), &status) == 0;
  };
  // Newer archives of docker hold both forms; the layout keeps the digest of the manifest.
  if (holds("oci-layout")) {
    oci::Layout layout = oci::Layout::open(directory);
    for (const oci::Descriptor& entry : layout.index().manifests)
      loaded_.push_back(add(entry, layout, names_of(entry), services));
  } else if (holds("manifest.json")) {
    const auto archive = DockerArchive::open(directory, services.cancel);
    for (const DockerArchive::Entry& image : archive->images())
      loaded_.push_back(add(image.manifest, *archive, image.names, services));
  } else if (list_directory(open_directory(directory).get()).empty()) {
    throw Error(ErrorKind::usage, "{} is empty", input_name());
  } else {
    throw Error(ErrorKind::usage, "{} is neither a docker archive nor an OCI layout", input_name());
  }
}

void Load::load(Session& session, const std::string& directory) {
  const auto progress = session.make_progress(ProgressStyle::automatic, "Loading");
  progress->resume_threads();
  load_all(directory, session.services(*progress));
}

std::string Load::report() const {
  std::string text;
  for (const Loaded& image : loaded_) {
    text += image.losers;
    if (image.names.empty()) text += fmt::format("Loaded image ID: {}\n", image.id.to_string());
    for (const oci::Reference& name : image.names)
      text += fmt::format("Loaded image: {}\n", name.familiar());
  }
  return text;
}

Fd Load::open_input() const {
  if (!from_stdin()) {
    try {
      return cbuild::open_input(input_);
    } catch (const SysError& error) {
      throw_as_usage(error);
    }
  }
  if (::isatty(STDIN_FILENO) == 1) {
    throw Error(ErrorKind::usage,
                "the archive is missing: give --input PATH, or redirect standard input");
  }
  return duplicate_of_stdin();
}

int Load::run(Session& session) {
  struct stat status = {};
  try {
    if (!from_stdin() && ::stat(input_.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
      load(session, input_);
    } else {
      const UnpackedArchive archive(open_input(), input_name(), session.cancel());
      load(session, archive.directory());
    }
  } catch (const Error&) {
    write_result(report());
    throw;
  }
  write_result(report());
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_load() {
  return std::make_unique<Load>();
}

}  // namespace cbuild::cli
