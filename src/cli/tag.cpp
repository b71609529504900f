// cbuild tag: give an image another name.
#include "cbuild/image/facts.h"
#include "cbuild/oci/reference.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/session.h"

namespace cbuild::cli {

namespace {

class Tag final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "If another image has the new name, that image loses it. SOURCE keeps its old name.");
    args.positional("SOURCE", source_, "Image to name: a reference or an image ID");
    args.positional("TARGET", target_, "New reference");
    args.example("cbuild tag app app:1.2", "name a release");
    args.example("cbuild tag app localhost:5000/team/app:1.2", "a name to push it under");
  }

  int run(Session& session) override {
    const oci::Reference target = oci::Reference::parse(target_);
    if (target.digest) {
      throw Error(ErrorKind::usage, "{}: a new name cannot contain a digest", target.to_string());
    }
    store::Store& store = session.store();
    store.images().tag(target, image::require_image(store, source_).id);
    return 0;
  }

 private:
  std::string source_;
  std::string target_;
};

}  // namespace

std::unique_ptr<Command> make_tag() {
  return std::make_unique<Tag>();
}

}  // namespace cbuild::cli
