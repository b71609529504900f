// cbuild import: make an image from a root file system.
#include "cbuild/image/import.h"

#include <fmt/core.h>

#include <utility>

#include "cbuild/build/changes.h"
#include "cbuild/image/services.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/platform.h"
#include "cbuild/util/progress.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

class Import final : public Command {
 public:
  void declare(Args& args) override {
    args.describe("The image has one layer. Prints the image ID.");
    args.positional("PATH", path_, "Directory, or tar in any compression; - is standard input");
    args.positional("REFERENCE", reference_, "Name of the image");
    args.option("-c,--change", changes_, "INSTRUCTION",
                "Dockerfile instruction that sets metadata: CMD, ENV, ENTRYPOINT, USER, ...");
    args.option("--platform", platform_, "OS/ARCH[/VARIANT]",
                "Platform of the image (default: this machine's)");
    args.example("cbuild import rootfs.tar.xz base:1", "from an archive");
    args.example("debootstrap ... rootfs && cbuild import -c 'CMD [\"bash\"]' rootfs debian:mine",
                 "from a directory");
  }

  int run(Session& session) override {
    const oci::Reference name = oci::Reference::parse(reference_);
    const oci::Platform platform =
        platform_.empty() ? oci::Platform::host() : oci::Platform::parse(platform_);
    oci::ImageConfig config = build::config_of_changes(changes_);
    config.platform = platform;
    oci::Digest id;
    {
      const auto progress = session.make_progress(ProgressStyle::automatic, "Importing");
      progress->resume_threads();
      id = image::import_rootfs(path_, name, std::move(config), session.services(*progress));
    }
    write_result(fmt::format("{}\n", id.to_string()));
    return 0;
  }

 private:
  std::string path_;
  std::string reference_;
  std::string platform_;
  std::vector<std::string> changes_;
};

}  // namespace

std::unique_ptr<Command> make_import() {
  return std::make_unique<Import>();
}

}  // namespace cbuild::cli
