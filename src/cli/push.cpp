// cbuild push: upload images to a registry.
#include <fmt/core.h>

#include "cbuild/exporter/exporter.h"
#include "cbuild/exporter/output.h"
#include "cbuild/image/facts.h"
#include "cbuild/image/pull.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"
#include "cbuild/util/progress.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

constexpr std::string_view kHub = "docker.io";

/// A name without a registry is Docker Hub's, which is seldom what was meant.
std::string hub_hint(const oci::Reference& name) {
  return fmt::format(
      "a name without a registry belongs to Docker Hub: for another registry run 'cbuild tag {0} "
      "HOST/{0}' and push that name; for Docker Hub run 'cbuild login' and use a name that begins "
      "with your user name",
      name.familiar());
}

class Push final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "Uploads each image under its own name, which begins with the registry; 'cbuild tag' sets "
        "such a name. Layers that the registry has are not sent again. Prints the digest.");
    args.positionals("REFERENCE", references_, "Names of images of the store");
    args.example("cbuild push localhost:5000/team/app:1.2", "to another registry");
    args.example("cbuild login && cbuild push me/app", "to Docker Hub");
  }

  int run(Session& session) override {
    store::Store& store = session.store();
    std::vector<Named> images;
    for (const std::string& text : references_) {
      const oci::Reference name = oci::Reference::parse(text);
      images.push_back({name, image::require_image(store, name.to_string())});
    }
    for (std::size_t i = 0; i < images.size(); ++i)
      push(session, images[i], references_[i].starts_with(kHub));
    return 0;
  }

 private:
  struct Named {
    oci::Reference name;
    store::Image image;
  };

  static oci::Descriptor upload(Session& session, const Named& named) {
    const auto progress = session.make_progress(ProgressStyle::automatic, "Pushing");
    const image::Services services = session.services(*progress);
    image::complete(named.image, services);
    session.enter_namespace_to_read(named.image, progress.get());
    progress->resume_threads();
    exporter::Output output;
    output.type = "registry";
    output.names = {named.name};
    const oci::Descriptor pushed = exporter::export_image(named.image.manifest, output, {services});
    progress->suspend_threads();
    return pushed;
  }

  /// @param has_registry  it was written before the name
  static void push(Session& session, const Named& named, bool has_registry) {
    const oci::Descriptor pushed = [&] {
      try {
        return upload(session, named);
      } catch (const Interrupted&) {
        throw;
      } catch (Error& error) {
        if (named.name.registry == kHub && !has_registry) error.with_hint(hub_hint(named.name));
        throw;
      }
    }();
    session.store().images().note_digest(named.name, pushed.digest, named.image.id);
    const std::string digest = pushed.digest.to_string();
    const std::string& tag = named.name.tag;
    write_result(session.globals().quiet
                     ? digest + "\n"
                     : fmt::format("{}: digest: {} size: {}\n",
                                   tag.empty() ? named.name.familiar() : tag, digest, pushed.size));
  }

  std::vector<std::string> references_;
};

}  // namespace

std::unique_ptr<Command> make_push() {
  return std::make_unique<Push>();
}

}  // namespace cbuild::cli
