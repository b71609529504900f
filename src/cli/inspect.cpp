// cbuild inspect: show all details of images.
#include <fmt/core.h>
#include <unistd.h>

#include "cbuild/image/facts.h"
#include "cbuild/image/names.h"
#include "cbuild/oci/blob_store.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/human.h"
#include "src/cli/json_writer.h"
#include "src/cli/progress_text.h"
#include "src/cli/session.h"
#include "src/cli/table.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

void write_set(JsonWriter& json, std::string_view name, const std::set<std::string>& members) {
  if (members.empty()) return;
  json.key(name).begin_object();
  for (const std::string& member : members)
    json.key(member).begin_object().end_object();
  json.end_object();
}

void write_words(JsonWriter& json,
                 std::string_view name,
                 const std::optional<std::vector<std::string>>& words) {
  if (words) {
    json.strings(name, *words);
  } else {
    json.key(name).null();
  }
}

void write_health_check(JsonWriter& json, const oci::HealthCheck& check) {
  json.key("Healthcheck").begin_object().strings("Test", check.test);
  const auto duration = [&](std::string_view name, std::int64_t value) {
    if (value != 0) json.member(name, value);
  };
  duration("Interval", check.interval);
  duration("Timeout", check.timeout);
  duration("StartPeriod", check.start_period);
  duration("StartInterval", check.start_interval);
  duration("Retries", check.retries);
  json.end_object();
}

/// The "Config" member, in docker's form.
void write_run_config(JsonWriter& json, const oci::RunConfig& config) {
  json.key("Config").begin_object();
  json.member("User", config.user);
  write_set(json, "ExposedPorts", config.exposed_ports);
  json.strings("Env", config.env);
  write_words(json, "Cmd", config.cmd);
  if (config.healthcheck) write_health_check(json, *config.healthcheck);
  write_set(json, "Volumes", config.volumes);
  json.member("WorkingDir", config.working_dir);
  write_words(json, "Entrypoint", config.entrypoint);
  if (!config.on_build.empty()) json.strings("OnBuild", config.on_build);
  json.key("Labels").begin_object();
  for (const auto& [name, text] : config.labels)
    json.member(name, text);
  json.end_object();
  if (!config.stop_signal.empty()) json.member("StopSignal", config.stop_signal);
  if (!config.shell.empty()) json.strings("Shell", config.shell);
  json.end_object();
}

/// The manifests of an image for several platforms; the other members are about one of them.
void write_platforms(JsonWriter& json, const image::Facts& facts) {
  if (facts.platforms.empty()) return;
  const std::vector<std::string> names = image::platform_names(facts);
  json.key("Manifests").begin_array();
  for (std::size_t i = 0; i < facts.platforms.size(); ++i) {
    json.begin_object().member("Platform", names[i]);
    json.member("Digest", facts.platforms[i].digest.to_string());
    json.member("Size", facts.platforms[i].size).end_object();
  }
  json.end_array();
}

void write_image(JsonWriter& json, const store::Image& image, const image::Facts& facts) {
  json.begin_object();
  json.member("Id", image.id.to_string());
  json.strings("RepoTags", image::tagged_names(image));
  json.strings("RepoDigests", image::familiar(image.digests));
  json.member("Created", facts.config.created);
  json.member("Author", facts.config.author);
  write_run_config(json, facts.config.config);
  json.member("Architecture", facts.config.platform.architecture);
  if (!facts.config.platform.variant.empty()) json.member("Variant", facts.config.platform.variant);
  json.member("Os", facts.config.platform.os);
  json.member("Size", facts.size);
  json.key("RootFS").begin_object().member("Type", "layers").key("Layers").begin_array();
  for (const oci::Digest& layer : facts.config.diff_ids)
    json.value(layer.to_string());
  json.end_array().end_object();
  json.key("Descriptor").begin_object();
  json.member("mediaType", image.manifest.media_type);
  json.member("digest", image.manifest.digest.to_string());
  json.member("size", image.manifest.size).end_object();
  write_platforms(json, facts);
  json.key("Metadata").begin_object().member("LastTagTime", rfc3339(image.created)).end_object();
  json.end_object();
}

/// The same for people who want to know at a glance.
std::string summary(const store::Image& image, const image::Facts& facts) {
  const oci::RunConfig& config = facts.config.config;
  Table table({"ID:", image.id.to_string()});
  for (const std::string& name : image::familiar_names(image))
    table.add({"Name:", name});
  for (const std::string& digest : image::familiar(image.digests))
    table.add({"Digest:", digest});
  table.add({"Platform:", facts.config.platform.to_string()});
  if (!facts.platforms.empty()) table.add({"Platforms:", join(image::platform_names(facts), ", ")});
  const std::int64_t age = wall_clock_seconds() - facts.created;
  table.add({"Created:", fmt::format("{} ({})", rfc3339(facts.created), human_age(age))});
  table.add(
      {"Size:", fmt::format("{} in {} layers", human_size(facts.size), facts.layer_sizes.size())});
  if (!config.user.empty()) table.add({"User:", config.user});
  if (!config.working_dir.empty()) table.add({"Directory:", config.working_dir});
  if (config.entrypoint) table.add({"Entrypoint:", join(*config.entrypoint, " ")});
  if (config.cmd) table.add({"Command:", join(*config.cmd, " ")});
  for (const std::string& port : config.exposed_ports)
    table.add({"Port:", port});
  for (const std::string& variable : config.env)
    table.add({"Env:", variable});
  for (const auto& [name, text] : config.labels)
    table.add({"Label:", name + "=" + text});
  return table.to_text();
}

class Inspect final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "Prints a JSON array with one object for each image; its members have docker's names. "
        "--config and --manifest print the documents themselves, byte for byte: their SHA-256 is "
        "the image ID and the digest.");
    args.positionals("IMAGE", images_, "References or IDs of images");
    args.option("--platform", platform_, "OS/ARCH[/VARIANT]",
                "Platform to show, if the image has several (default: this machine's)");
    args.flag("--config", config_, "Print the image's configuration document");
    args.flag("--manifest", manifest_, "Print the image's manifest");
    args.choice("--format", format_, {"json", "table"}, "Output format");
    args.example("cbuild inspect app", "everything, as JSON");
    args.example("cbuild inspect --format table app", "the main facts");
    args.example("cbuild inspect --config app | jq .config.Env", "one member of the configuration");
  }

  int run(Session& session) override;

 private:
  std::string document(store::Store& store, const store::Image& image) const;

  std::vector<std::string> images_;
  std::string format_ = "json";
  std::string platform_;
  bool config_ = false;
  bool manifest_ = false;
};

std::string Inspect::document(store::Store& store, const store::Image& image) const {
  // Without --platform the manifest is the document that the digest names: the index.
  oci::Descriptor wanted = image.manifest;
  if (config_ || !platform_.empty()) wanted = image::select_manifest(store, image, platform_);
  if (config_) wanted = oci::Manifest::parse(oci::read_document(store.blobs(), wanted)).config;
  std::string text = oci::read_document(store.blobs(), wanted);
  return ::isatty(STDOUT_FILENO) == 1 ? printable_lines(text) : text;
}

int Inspect::run(Session& session) {
  if (config_ && manifest_) {
    throw Error(ErrorKind::usage, "--config and --manifest exclude each other");
  }
  store::Store& store = session.store();
  JsonWriter json;
  std::string text;
  json.begin_array();
  for (const std::string& name : images_) {
    const store::Image image = image::require_image(store, name);
    if (config_ || manifest_) {
      text += document(store, image);
      continue;
    }
    const image::Facts facts = image::read_facts(store, image, platform_);
    if (!text.empty()) text += '\n';
    if (format_ == "table") text += summary(image, facts);
    write_image(json, image, facts);
  }
  json.end_array();
  write_result(config_ || manifest_ || format_ == "table" ? text : json.take());
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_inspect() {
  return std::make_unique<Inspect>();
}

}  // namespace cbuild::cli
