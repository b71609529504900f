// cbuild rmi: remove images or names of images.
#include <fmt/core.h>

#include "cbuild/image/names.h"
#include "cbuild/store/images.h"
#include "cbuild/store/prune_options.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

/// Frees the space at once if nobody else uses the store.
void collect(Session& session) {
  try {
    session.enter_namespace();
    session.store().collect_if_idle(session.cancel());
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {  // the images are gone all the same
    log_warning("space could not be freed: {}", error.what());
  }
}

class Rmi final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "A name is removed from its image, and with its last name the image is removed. An ID "
        "removes the image if it has at most one name, with --force even if it has several. Layers "
        "that nothing else needs are removed, too; while a build is running they stay until the "
        "next 'cbuild prune'.");
    args.positionals("IMAGE", images_, "References or IDs of images");
    args.flag("-f,--force", force_,
              "Remove an image by its ID even if it has several names; no error if there is no "
              "such image");
    args.example("cbuild rmi app:1.1", "one name");
    args.example("cbuild rmi -f 3f2a91c0", "an image with all its names");
  }

  int run(Session& session) override;

 private:
  static std::string remove_name(store::Images& images, const oci::Reference& name);
  /// @return what was done, for people.
  std::string remove(store::Images& images, const std::string& text) const;

  std::vector<std::string> images_;
  bool force_ = false;
};

/// Takes a name from all who have it; those without another one go.
std::string Rmi::remove_name(store::Images& images, const oci::Reference& name) {
  const std::vector<store::Holder> holders = images.holders(name);
  if (holders.empty() || !images.untag(name)) return {};
  std::string done = fmt::format("Untagged: {}\n", name.familiar());
  for (const store::Holder& holder : holders) {
    const auto left = images.find(holder.image.id);
    if (!left || !left->names.empty()) continue;
    images.remove(left->id);
    done += fmt::format("Deleted: {}\n", left->id.to_string());
  }
  return done;
}

std::string Rmi::remove(store::Images& images, const std::string& text) const {
  if (const auto name = oci::Reference::try_parse(text)) {
    if (std::string done = remove_name(images, *name); !done.empty()) return done;
  }
  const auto image = images.find(std::string_view(text));
  if (!image) {
    if (force_) return {};
    throw Error(ErrorKind::usage, "no image '{}' in the store", printable(text));
  }
  if (image->names.size() > 1 && !force_) {
    Error error(ErrorKind::usage, "image {} has several names: {}", image->id.short_hex(),
                join(image::familiar_names(*image), ", "));
    error.with_hint("remove the names one by one, or all of them with --force");
    throw error;
  }
  images.remove(image->id);
  std::string done;
  for (const oci::Reference& gone : image->names)
    done += fmt::format("Untagged: {}\n", gone.familiar());
  return done + fmt::format("Deleted: {}\n", image->id.to_string());
}

int Rmi::run(Session& session) {
  store::Images& images = session.store().images();
  std::optional<Error> failure;  // the others are removed all the same
  for (const std::string& text : images_) {
    try {
      const std::string done = remove(images, text);
      if (!session.globals().quiet) write_result(done);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::usage) throw;
      if (failure) warn(failure->what());
      failure = error;
    }
  }
  collect(session);
  if (failure) throw Error(*failure);
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_rmi() {
  return std::make_unique<Rmi>();
}

}  // namespace cbuild::cli
