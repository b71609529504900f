// cbuild images: list the images of the store.
#include "cbuild/store/images.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "cbuild/image/facts.h"
#include "cbuild/image/names.h"
#include "cbuild/store/store.h"
#include "cbuild/util/log.h"
#include "cbuild/util/pattern.h"
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

/// One image of the list, with those facts that could be read.
struct Listed {
  store::Image image;
  std::optional<image::Facts> facts;

  std::int64_t created() const { return facts ? facts->created : image.created; }
};

/// "debian" for "debian:12" and "localhost:5000/debian@sha256:…" alike: without tag and digest.
std::string familiar_repository(oci::Reference name) {
  name.tag = "latest";
  name.digest.reset();
  const std::string text = name.familiar();
  return text.ends_with(":latest") ? text.substr(0, text.size() - 7) : text;
}

constexpr const char* kNone = "<none>";

/// In full, as it is to be copied.
std::string shown_digest(const store::Image& image, const oci::Reference* name) {
  const auto digest = name != nullptr ? image::digest_at(image, *name) : std::nullopt;
  return digest ? digest->to_string() : kNone;
}

bool matches_reference(const oci::Reference& name, const std::string& pattern) {
  const std::string repository = familiar_repository(name);
  for (const std::string& text :
       {name.to_string(), name.familiar(), name.name(), repository, repository + ":" + name.tag}) {
    if (text == pattern || match_path(pattern, text)) return true;
  }
  return false;
}

class Images final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "Newest first. An image without a name (a newer image took it) is shown as <none>.");
    args.positional("REPOSITORY[:TAG]", pattern_, "Only images of this name; * and ? are wildcards",
                    Args::Need::optional);
    args.flag("-a,--all", all_, "No effect: all images are always shown (docker's flag)");
    args.option("-f,--filter", filters_, "KEY=VALUE",
                "Only images with: dangling=true|false, reference=PATTERN, label=KEY[=VALUE]");
    args.flag("--digests", digests_, "Show the digests of the images in registries");
    args.flag("--no-trunc", no_trunc_, "Show IDs in full length");
    args.choice("--format", format_, {"table", "json"}, "Output format");
    args.example("cbuild images", "everything");
    args.example("cbuild images 'team/*'", "images of one team");
    args.example("cbuild rmi $(cbuild images -q --filter dangling=true)", "remove nameless images");
  }

  int run(Session& session) override;

 private:
  bool keep(const Listed& listed) const;
  bool passes(const Listed& listed, const std::string& key, const std::string& value) const;
  std::string ids(const std::vector<Listed>& images) const;
  std::string table(const std::vector<Listed>& images) const;
  static std::string json(const std::vector<Listed>& images);

  std::string shown(const oci::Digest& digest) const {
    return no_trunc_ ? digest.to_string() : digest.short_hex();
  }

  std::string pattern_;
  std::vector<std::string> filters_;
  std::string format_ = "table";
  bool all_ = false;
  bool digests_ = false;
  bool no_trunc_ = false;
};

bool Images::passes(const Listed& listed, const std::string& key, const std::string& value) const {
  const auto& names = listed.image.names;
  if (key == "reference") {
    return std::ranges::any_of(names, [&](const auto& n) { return matches_reference(n, value); });
  }
  if (key == "dangling" && (value == "true" || value == "false")) {
    return names.empty() == (value == "true");
  }
  if (key == "label") {
    if (!listed.facts) return false;
    const auto at = value.find('=');
    const auto& labels = listed.facts->config.config.labels;
    const auto label = labels.find(value.substr(0, at));
    return label != labels.end() &&
           (at == std::string::npos || label->second == value.substr(at + 1));
  }
  throw Error(ErrorKind::usage,
              "--filter {}={}: not supported (want dangling=true|false, reference=…, label=…)",
              printable(key), printable(value));
}

bool Images::keep(const Listed& listed) const {
  if (!pattern_.empty() && !passes(listed, "reference", pattern_)) return false;
  return std::ranges::all_of(filters_, [&](const std::string& filter) {
    const auto at = filter.find('=');
    const bool complete = at != std::string::npos;
    return passes(listed, filter.substr(0, at), complete ? filter.substr(at + 1) : "");
  });
}

std::string Images::ids(const std::vector<Listed>& images) const {
  std::string text;
  for (const Listed& listed : images)
    text += shown(listed.image.id) + "\n";
  return text;
}

std::string Images::table(const std::vector<Listed>& images) const {
  std::vector<std::string> heading = {"REPOSITORY", "TAG"};
  if (digests_) heading.emplace_back("DIGEST");
  heading.insert(heading.end(), {"IMAGE ID", "CREATED", "SIZE"});
  Table table(heading);
  const std::int64_t now = wall_clock_seconds();
  const auto add = [&](const Listed& listed, const oci::Reference* name) {
    const bool tagged = name != nullptr && !name->tag.empty();
    std::vector<std::string> row = {name != nullptr ? familiar_repository(*name) : kNone,
                                    tagged ? name->tag : kNone};
    if (digests_) row.push_back(shown_digest(listed.image, name));
    row.push_back(shown(listed.image.id));
    row.push_back(human_age(now - listed.created()));
    row.push_back(listed.facts ? human_size(listed.facts->size) : "damaged");
    table.add(std::move(row));
  };
  for (const Listed& listed : images) {
    if (listed.image.names.empty()) add(listed, nullptr);
    for (const oci::Reference& name : listed.image.names) {
      if (!pattern_.empty() && !matches_reference(name, pattern_)) continue;
      add(listed, &name);
    }
  }
  return table.to_text();
}

std::string Images::json(const std::vector<Listed>& images) {
  JsonWriter json;
  json.begin_array();
  for (const Listed& listed : images) {
    json.begin_object();
    json.member("Id", listed.image.id.to_string());
    json.strings("Names", image::familiar_names(listed.image));
    json.key("Digest");
    if (listed.image.digests.empty()) {
      json.null();
    } else {
      json.value(listed.image.digests.front().digest->to_string());
    }
    json.strings("RepoDigests", image::familiar(listed.image.digests));
    if (listed.facts && !listed.facts->platforms.empty())
      json.strings("Platforms", image::platform_names(*listed.facts));
    json.member("Created", rfc3339(listed.created()));
    json.key("Size");
    if (listed.facts) {
      json.value(listed.facts->size);
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_array();
  return json.take();
}

int Images::run(Session& session) {
  store::Store& store = session.store();
  std::vector<Listed> images;
  for (store::Image& image : store.images().list()) {
    Listed listed{std::move(image), {}};
    try {
      listed.facts = image::read_facts(store, listed.image);
    } catch (const Interrupted&) {
      throw;
    } catch (const SysError&) {  // not damaged, but out of reach
      throw;
    } catch (const Error& error) {  // one damaged image must not hide the others
      log_warning("image {}: {}", listed.image.id.short_hex(), error.what());
    }
    if (keep(listed)) images.push_back(std::move(listed));
  }
  if (format_ == "json") {
    write_result(json(images));
  } else {
    write_result(session.globals().quiet ? ids(images) : table(images));
  }
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_images() {
  return std::make_unique<Images>();
}

}  // namespace cbuild::cli
