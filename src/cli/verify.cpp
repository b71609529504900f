// cbuild verify: check the store for damage, and repair it.
#include "cbuild/store/verify.h"

#include <fmt/core.h>

#include <utility>

#include "cbuild/store/store.h"
#include "cbuild/util/progress.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/json_writer.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

constexpr int kDamageFound = 1;

std::string_view name_of(store::Damage::Kind kind) {
  switch (kind) {
    case store::Damage::Kind::database:
      return "database";
    case store::Damage::Kind::blob:
      return "blob";
    case store::Damage::Kind::layer:
      return "layer";
    case store::Damage::Kind::image:
      return "image";
    case store::Damage::Kind::name:
      return "name";
    case store::Damage::Kind::record:
      return "record";
  }
  return "";
}

std::string to_json(const store::VerifyResult& result) {
  JsonWriter json;
  json.begin_object().member("Blobs", result.blobs).member("Layers", result.layers);
  json.member("Images", result.images).member("Names", result.names);
  json.member("Records", result.records).member("Leftovers", result.leftovers);
  json.key("Damages").begin_array();
  for (const store::Damage& damage : result.damages) {
    json.begin_object().member("Kind", name_of(damage.kind)).member("Subject", damage.subject);
    json.member("Problem", damage.problem).member("Remedy", damage.remedy).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

std::string to_text(const store::VerifyResult& result, bool quiet) {
  std::string text;
  for (const store::Damage& damage : result.damages) {
    text += fmt::format("{} {}: {}", name_of(damage.kind), damage.subject, damage.problem);
    if (!damage.remedy.empty()) text += fmt::format(" ({})", damage.remedy);
    text += '\n';
  }
  if (quiet) return text;
  return text +
         fmt::format("Read {} blobs, {} layers, {} images, {} names, {} cache records: {}\n",
                     result.blobs, result.layers, result.images, result.names, result.records,
                     result.damages.empty() ? "no damage"
                                            : fmt::format("{} damaged", result.damages.size()));
}

class Verify final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "Reads every blob, layer, image, name and cache record of the store, and prints one line "
        "for each damage. The exit code is 1 if there is damage. Files that killed processes left, "
        "and images without names that have lost a layer, are not damage: builds and 'cbuild "
        "prune' remove them.");
    args.flag("--repair", options_.repair,
              "Repair what the rest of the store allows; remove the rest of the damage, so that "
              "the next build, pull or load makes it again. Waits until running builds end");
    args.choice("--format", format_, {"table", "json"}, "Output format");
    args.example("cbuild verify", "after a crash of the machine or a fault of its disk");
    args.example("cbuild verify --repair", "repair what can be repaired");
  }

  int run(Session& session) override {
    const auto progress = session.make_progress(ProgressStyle::automatic, "verifying");
    const store::VerifyResult result =
        with_step(*progress, "reading " + session.store_root(),
                  [&](Progress::Step step) { return look(session, *progress, step); });
    if (format_ == "json") {
      write_result(to_json(result));
    } else {
      write_result(to_text(result, session.globals().quiet));
    }
    if (result.damages.empty()) return 0;
    if (!options_.repair) progress->message("hint: 'cbuild verify --repair' repairs or removes it");
    return kDamageFound;
  }

 private:
  /// A damaged database says nothing of the rest before it is mended.
  store::VerifyResult look(Session& session, Progress& progress, Progress::Step step) {
    auto database =
        store::Store::verify_database(session.store_root(), options_.repair, session.cancel());
    store::VerifyResult result;
    if (!database || options_.repair) {
      session.enter_namespace(&progress);
      options_.progress = [&](std::string_view what, std::uint64_t done, std::uint64_t total) {
        step.transfer(what, done, total);
      };
      result = session.store().verify(options_, session.cancel());
    }
    if (database) result.damages.insert(result.damages.begin(), std::move(*database));
    return result;
  }

  store::VerifyOptions options_;
  std::string format_ = "table";
};

}  // namespace

std::unique_ptr<Command> make_verify() {
  return std::make_unique<Verify>();
}

}  // namespace cbuild::cli
