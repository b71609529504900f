// cbuild pull: fetch images from a registry.
#include "cbuild/image/pull.h"

#include <fmt/core.h>

#include "cbuild/image/services.h"
#include "cbuild/oci/digest.h"
#include "cbuild/oci/platform.h"
#include "cbuild/oci/reference.h"
#include "cbuild/util/progress.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

class Pull final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "Asks the registry for the image and stores it under its name. Layers that are in the "
        "store are not fetched again. Prints the image ID.");
    args.positionals("REFERENCE", references_, "Images, for instance debian:12");
    args.option("--platform", platform_, "OS/ARCH[/VARIANT]",
                "Platform to pull, if the image has several (default: this machine's)");
    args.example("cbuild pull debian:12", "from Docker Hub");
    args.example("cbuild pull localhost:5000/team/app@sha256:…", "exactly this one");
  }

  int run(Session& session) override {
    const oci::Platform platform =
        platform_.empty() ? oci::Platform::host() : oci::Platform::parse(platform_);
    std::vector<oci::Reference> references;
    for (const std::string& text : references_)
      references.push_back(oci::Reference::parse(text));
    for (const oci::Reference& reference : references) {
      oci::Digest id;
      {
        const auto progress = session.make_progress(ProgressStyle::automatic, "Pulling");
        progress->resume_threads();
        id = image::pull(reference, platform, session.services(*progress));
      }
      write_result(fmt::format("{}\n", id.to_string()));
    }
    return 0;
  }

 private:
  std::vector<std::string> references_;
  std::string platform_;
};

}  // namespace

std::unique_ptr<Command> make_pull() {
  return std::make_unique<Pull>();
}

}  // namespace cbuild::cli
