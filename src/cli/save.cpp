// cbuild save: write images to an archive or a directory.
#include <unistd.h>

#include "cbuild/exporter/exporter.h"
#include "cbuild/exporter/named_image.h"
#include "cbuild/exporter/output.h"
#include "cbuild/image/facts.h"
#include "cbuild/image/pull.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/progress.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/session.h"

namespace cbuild::cli {

namespace {

class Save final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "'docker load' and 'podman load' read docker-archive; oci-dir and oci-archive are OCI "
        "image layouts. An image given by its ID is saved without a name.");
    args.positionals("IMAGE", images_, "References or IDs of images");
    args.option("-o,--output", output_, "PATH",
                "File or directory to write (default: standard output)");
    args.choice("--format", format_, {"docker-archive", "oci-archive", "oci-dir"}, "Output format");
    args.example("cbuild save -o app.tar app", "to copy it to another machine");
    args.example("cbuild save app | ssh host docker load", "without a file");
    args.example("cbuild save --format oci-dir -o layout app:1 app:2", "an OCI layout");
  }

  int run(Session& session) override;

 private:
  exporter::Output destination() const;

  std::vector<std::string> images_;
  std::string output_;
  std::string format_ = "docker-archive";
};

exporter::Output Save::destination() const {
  exporter::Output output;
  output.type = format_ == "docker-archive" ? "docker" : "oci";
  output.oci_directory = format_ == "oci-dir";
  output.destination = output_.empty() ? "-" : output_;
  if (output.destination != "-") return output;
  if (output.oci_directory) {
    throw Error(ErrorKind::usage, "--format oci-dir needs a directory: --output PATH");
  }
  if (::isatty(STDOUT_FILENO) == 1) {
    throw Error(ErrorKind::usage, "cannot write an archive to a terminal: use --output PATH");
  }
  return output;
}

int Save::run(Session& session) {
  const exporter::Output output = destination();
  store::Store& store = session.store();
  const auto progress = session.make_progress(ProgressStyle::automatic, "Saving");
  std::vector<exporter::NamedImage> named;
  std::vector<store::Image> images;
  for (const std::string& text : images_) {
    images.push_back(image::require_image(store, text));
    exporter::NamedImage image{images.back().manifest, {}};
    const auto name = oci::Reference::try_parse(text);
    if (name && store.images().find(*name)) image.names.push_back(*name);
    named.push_back(std::move(image));
  }
  const image::Services services = session.services(*progress);
  for (const store::Image& image : images)
    image::complete(image, services);
  for (const store::Image& image : images)
    session.enter_namespace_to_read(image, progress.get());
  progress->resume_threads();
  exporter::save_images(named, output, {services});
  progress->suspend_threads();
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_save() {
  return std::make_unique<Save>();
}

}  // namespace cbuild::cli
