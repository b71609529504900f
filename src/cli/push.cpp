// cbuild push: upload images to a registry.
#include <fmt/core.h>

#include "cbuild/exporter/exporter.h"
#include "src/cli/command.h"
#include "src/cli/image_facts.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

class Push final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "Uploads each image under its own name; 'cbuild tag' gives it the name of the registry "
        "before. Layers that the registry has are not sent again. Prints the digest.");
    args.positionals("REFERENCE", references_, "Names of images of the store");
    args.example("cbuild push localhost:5000/team/app:1.2", "to a registry of one's own");
    args.example("cbuild login && cbuild push me/app", "to Docker Hub");
  }

  int run(Session& session) override {
    store::Store& store = session.store();
    std::vector<exporter::NamedImage> images;
    for (const std::string& text : references_) {
      const oci::Reference name = oci::Reference::parse(text);
      images.push_back({require_image(store, name.to_string()).manifest, {name}});
    }
    for (const exporter::NamedImage& image : images)
      push(session, image);
    return 0;
  }

 private:
  static void push(Session& session, const exporter::NamedImage& image) {
    const oci::Reference& name = image.names.front();
    oci::Descriptor pushed;
    {
      const auto progress = session.make_progress(ProgressStyle::automatic, "Pushing");
      session.enter_namespace_to_read(*session.store().images().find(name), progress.get());
      progress->resume_threads();
      exporter::Output output;
      output.type = "registry";
      output.names = image.names;
      pushed = exporter::export_image(
          image.manifest, output,
          {session.store(), session.registry(), *progress, session.cancel()});
      progress->suspend_threads();
    }
    const std::string digest = pushed.digest.to_string();
    write_result(session.globals().quiet
                     ? digest + "\n"
                     : fmt::format("{}: digest: {} size: {}\n",
                                   name.tag.empty() ? name.familiar() : name.tag, digest,
                                   pushed.size));
  }

  std::vector<std::string> references_;
};

}  // namespace

std::unique_ptr<Command> make_push() {
  return std::make_unique<Push>();
}

}  // namespace cbuild::cli
