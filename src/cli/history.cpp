// cbuild history: show the steps that made an image.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "cbuild/image/facts.h"
#include "cbuild/store/images.h"
#include "cbuild/util/display_width.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/human.h"
#include "src/cli/json_writer.h"
#include "src/cli/session.h"
#include "src/cli/table.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

// What docker shows of a step.
constexpr std::size_t kStepWidth = 45;

struct Entry {
  const oci::HistoryEntry* step;
  std::uint64_t size;  // of its layer; 0 without one
};

/// Newest first. An image without history still has its layers.
std::vector<Entry> entries_of(const image::Facts& facts) {
  std::vector<Entry> entries;
  std::size_t layer = 0;
  for (const oci::HistoryEntry& step : facts.config.history) {
    const bool has_layer = !step.empty_layer && layer < facts.layer_sizes.size();
    entries.push_back({&step, has_layer ? facts.layer_sizes[layer++] : 0});
  }
  std::ranges::reverse(entries);
  return entries;
}

class History final : public Command {
 public:
  void declare(Args& args) override {
    args.describe("The newest step comes first; steps that only set metadata have size 0.");
    args.positional("IMAGE", image_, "Reference or ID of an image");
    args.option("--platform", platform_, "OS/ARCH[/VARIANT]",
                "Platform to show, if the image has several (default: this machine's)");
    args.flag("--no-trunc", no_trunc_, "Show the steps in full length");
    args.choice("--format", format_, {"table", "json"}, "Output format");
    args.example("cbuild history app", "which step made the image large?");
    args.example("cbuild history --no-trunc --format json app", "the steps, for a script");
  }

  int run(Session& session) override;

 private:
  std::string table(const std::vector<Entry>& entries) const;
  static std::string json(const std::vector<Entry>& entries);

  std::string image_;
  std::string platform_;
  std::string format_ = "table";
  bool no_trunc_ = false;
};

std::string History::table(const std::vector<Entry>& entries) const {
  Table table({"CREATED", "CREATED BY", "SIZE", "COMMENT"});
  const std::int64_t now = wall_clock_seconds();
  for (const Entry& entry : entries) {
    const auto created = parse_rfc3339(entry.step->created);
    std::string step = printable(entry.step->created_by);
    if (!no_trunc_) step = truncate_to_width(step, kStepWidth);
    table.add({created ? human_age(now - *created) : "N/A", std::move(step), human_size(entry.size),
               entry.step->comment});
  }
  return table.to_text();
}

std::string History::json(const std::vector<Entry>& entries) {
  JsonWriter json;
  json.begin_array();
  for (const Entry& entry : entries) {
    json.begin_object();
    json.member("Created", entry.step->created);
    json.member("CreatedBy", entry.step->created_by);
    json.member("Author", entry.step->author);
    json.member("Comment", entry.step->comment);
    json.member("EmptyLayer", entry.step->empty_layer);
    json.member("Size", entry.size);
    json.end_object();
  }
  json.end_array();
  return json.take();
}

int History::run(Session& session) {
  store::Store& store = session.store();
  const image::Facts facts =
      image::read_facts(store, image::require_image(store, image_), platform_);
  const std::vector<Entry> entries = entries_of(facts);
  write_result(format_ == "json" ? json(entries) : table(entries));
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_history() {
  return std::make_unique<History>();
}

}  // namespace cbuild::cli
