// cbuild df: show how much space the store takes.
#include <fmt/core.h>

#include <array>

#include "cbuild/store/kept_data.h"
#include "cbuild/store/store.h"
#include "cbuild/store/usage.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/json_writer.h"
#include "src/cli/session.h"
#include "src/cli/table.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

struct Row {
  std::string_view title;
  std::string_view type;  // in JSON
  const store::Usage::Part& part;
};

std::string reclaimable(const store::Usage::Part& part) {
  const std::uint64_t percent = part.bytes == 0 ? 0 : part.reclaimable * 100 / part.bytes;
  return fmt::format("{} ({}%)", human_size(part.reclaimable), percent);
}

class Df final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "RECLAIMABLE is the space that 'cbuild prune' would free; in the last three rows, 'cbuild "
        "prune --all' would.");
    args.choice("--format", format_, {"table", "json"}, "Output format");
    args.example("cbuild df", "an overview");
    args.example("cbuild df --format json | jq '[.[].Reclaimable] | add'",
                 "bytes that can be freed");
  }

  int run(Session& session) override {
    // Steps own the files of their caches.
    const auto caches = session.store().kept().list(store::KeptKind::cache_mount);
    if (!caches.empty()) session.enter_namespace();
    const store::Usage usage = session.store().usage();
    const std::array rows = {Row{"Images", "images", usage.images},
                             Row{"Build cache", "cache", usage.cache},
                             Row{"Blobs", "blobs", usage.blobs},
                             Row{"Cache mounts", "cache-mounts", usage.cache_mounts},
                             Row{"Repositories", "repositories", usage.repositories},
                             Row{"Context digests", "contexts", usage.contexts}};
    JsonWriter json;
    Table table({"TYPE", "COUNT", "SIZE", "RECLAIMABLE"});
    json.begin_array();
    for (const auto& [title, type, part] : rows) {
      table.add({std::string(title), std::to_string(part.count), human_size(part.bytes),
                 reclaimable(part)});
      json.begin_object().member("Type", type).member("Count", part.count);
      json.member("Size", part.bytes).member("Reclaimable", part.reclaimable).end_object();
    }
    json.end_array();
    write_result(format_ == "json" ? json.take() : table.to_text());
    return 0;
  }

 private:
  std::string format_ = "table";
};

}  // namespace

std::unique_ptr<Command> make_df() {
  return std::make_unique<Df>();
}

}  // namespace cbuild::cli
