// cbuild prune: remove what nothing refers to any more.
#include <fmt/core.h>

#include "cbuild/store/prune_options.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/human.h"
#include "src/cli/json_writer.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

class Prune final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "Removes images without names, layers of build steps that no image uses, and base images "
        "that builds fetched and that no image is based on. Images that you named always stay; the "
        "caches of RUN --mount=type=cache stay unless --all is given. Waits until running builds "
        "end.");
    args.flag("-a,--all", all_, "Remove everything except images that you named and their layers");
    args.flag("-f,--force", force_, "No effect: cbuild never asks (docker's flag)");
    args.option("--keep-storage", keep_storage_, "SIZE",
                "Remove the least recently used layers only, until the rest takes at most SIZE");
    args.option("--filter", filters_, "until=AGE",
                "Remove only what was not used for a time, for instance until=24h");
    args.choice("--format", format_, {"table", "json"}, "Output format");
    args.example("cbuild prune", "remove what is not needed");
    args.example("cbuild prune --filter until=168h --keep-storage 20GB", "a nightly job");
    args.example("cbuild prune --all", "empty the build cache, too");
  }

  int run(Session& session) override;

 private:
  store::PruneOptions options() const;

  std::vector<std::string> filters_;
  std::string keep_storage_;
  std::string format_ = "table";
  bool all_ = false;
  bool force_ = false;
};

store::PruneOptions Prune::options() const {
  store::PruneOptions options;
  options.all = all_;
  if (!keep_storage_.empty()) options.keep_storage = parse_size(keep_storage_);
  for (const std::string& filter : filters_) {
    if (!filter.starts_with("until=")) {
      throw Error(ErrorKind::usage, "--filter {}: not supported (want until=AGE)",
                  printable(filter));
    }
    const std::string age = filter.substr(6);
    const auto moment = parse_rfc3339(age);
    options.unused_since = moment ? *moment : wall_clock_seconds() - parse_duration(age);
  }
  return options;
}

int Prune::run(Session& session) {
  const store::PruneOptions wanted = options();
  session.enter_namespace();
  const store::PruneResult result = session.store().prune(wanted, session.cancel());
  if (format_ == "json") {
    JsonWriter json;
    json.begin_object()
        .member("Images", result.images)
        .member("Snapshots", result.snapshots)
        .member("Blobs", result.blobs)
        .member("CacheMounts", result.cache_mounts);
    json.member("Records", result.records).member("Bytes", result.bytes).end_object();
    write_result(json.take());
  } else if (!session.globals().quiet) {
    write_result(fmt::format("Removed {}, {}, {}, {}, {}\nFreed {}\n",
                             counted(result.images, "image"), counted(result.snapshots, "layer"),
                             counted(result.blobs, "blob"), counted(result.records, "cache record"),
                             counted(result.cache_mounts, "cache mount"),
                             human_size(result.bytes)));
  }
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_prune() {
  return std::make_unique<Prune>();
}

}  // namespace cbuild::cli
