// JSON of manifests, indexes and configs: strict reading, deterministic writing.
#include <limits>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::oci {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 64;

/// Refuses what readers disagree about: the same key twice, and deep nesting. A pass of its own:
/// the parser with a callback looks at all members of an object again behind each one that ends,
/// which is quadratic.
class StrictEvents final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return true; }

  bool boolean(bool) override { return true; }

  bool number_integer(number_integer_t) override { return true; }

  bool number_unsigned(number_unsigned_t) override { return true; }

  bool number_float(number_float_t, const string_t&) override { return true; }

  bool string(string_t&) override { return true; }

  bool binary(binary_t&) override { return true; }

  bool start_object(std::size_t) override { return descend(); }

  bool end_object() override { return ascend(); }

  bool start_array(std::size_t) override { return descend(); }

  bool end_array() override { return ascend(); }

  bool key(string_t& name) override {
    if (!keys_.back().insert(name).second) throw Error("has \"{}\" twice", printable(name));
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const json::exception& error) override {
    throw Error("not valid JSON: {}", printable(error.what()));
  }

 private:
  bool descend() {
    keys_.emplace_back();
    if (keys_.size() > kMaxDepth) throw Error("nested more than {} levels deep", kMaxDepth);
    return true;
  }

  bool ascend() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> keys_;  ///< of the objects around; empty for arrays
};

json parse_document(std::string_view text, std::string_view what) {
  return with_context(what, [&] {
    if (text.size() > kMaxDocument) throw Error("larger than {} bytes", kMaxDocument);
    // The parser takes it for the end of the text, whatever comes behind it.
    if (text.find('\0') != text.npos) throw Error("not valid JSON: a NUL byte");
    StrictEvents events;
    json::sax_parse(text, &events);
    json document = json::parse(text);
    if (!document.is_object()) throw Error("not a JSON object");
    return document;
  });
}

std::string dump(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// "config.Labels.x (8.39MB)": what makes `document` large.
std::string largest_part(const json& document) {
  const json* part = &document;
  std::string path;
  std::size_t size = dump(document).size();
  while (part->is_structured()) {
    const json* largest = nullptr;
    std::size_t bytes = size / 4;  // less is one of many
    std::string name;
    for (const auto& [key, child] : part->items()) {
      const std::size_t child_bytes = dump(child).size();
      if (child_bytes <= bytes) continue;
      bytes = child_bytes;
      largest = &child;
      name = key;
    }
    if (largest == nullptr) break;
    path += (path.empty() ? "" : ".") + printable(name).substr(0, 60);
    size = bytes;
    part = largest;
  }
  return fmt::format("{} ({})", path, human_size(size));
}

/// @throws Error for a document above kMaxDocument, which no reader would accept
std::string written(const json& document, std::string_view what) {
  std::string text = dump(document);
  if (text.size() <= kMaxDocument) return text;
  throw Error(
      ErrorKind::usage,
      "the {} would have {} bytes; documents of more than {} are not read. The largest part is {}",
      what, text.size(), kMaxDocument, largest_part(document));
}

/// Whether `object` has the member `key`, be it null. A member that differs in letter case only is
/// an attack or a mistake: to readers that ignore letter case it is the same, and the last wins.
bool has_member(const json& object, std::string_view key) {
  bool found = false;
  for (const auto& [name, value] : object.items()) {
    if (!equals_ignoring_case(name, key)) continue;
    if (name != key) throw Error("has the member \"{}\" instead of \"{}\"", printable(name), key);
    found = true;
  }
  return found;
}

/// Member `key` of `object`, null when it is absent.
const json* member(const json& object, std::string_view key) {
  if (!has_member(object, key)) return nullptr;
  const json& value = *object.find(key);
  return value.is_null() ? nullptr : &value;
}

std::string text_of(const json& value, std::string_view key) {
  if (!value.is_string()) throw Error("\"{}\" is not a string", key);
  return value.get<std::string>();
}

std::string text_or_empty(const json& object, std::string_view key) {
  const json* value = member(object, key);
  return value != nullptr ? text_of(*value, key) : std::string();
}

std::uint64_t size_of(const json& value, std::string_view key) {
  if (!value.is_number_unsigned()) throw Error("\"{}\" is not a size", key);
  return value.get<std::uint64_t>();
}

template <typename Integer>
Integer integer_or_zero(const json& object, std::string_view key) {
  const json* value = member(object, key);
  if (value == nullptr) return 0;
  if (!value->is_number_integer()) throw Error("\"{}\" is not a whole number", key);
  const bool fits = value->is_number_unsigned()
                        ? std::in_range<Integer>(value->get<std::uint64_t>())
                        : std::in_range<Integer>(value->get<std::int64_t>());
  using Limits = std::numeric_limits<Integer>;
  if (!fits) throw Error("\"{}\" is no number from {} to {}", key, Limits::min(), Limits::max());
  return value->get<Integer>();
}

bool bool_or_false(const json& object, std::string_view key) {
  const json* value = member(object, key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) throw Error("\"{}\" is not true or false", key);
  return value->get<bool>();
}

const json& array_of(const json& value, std::string_view key) {
  if (!value.is_array()) throw Error("\"{}\" is not an array", key);
  return value;
}

const json& object_of(const json& value, std::string_view key) {
  if (!value.is_object()) throw Error("\"{}\" is not an object", key);
  return value;
}

std::vector<std::string> texts_of(const json& value, std::string_view key) {
  std::vector<std::string> texts;
  for (const json& element : array_of(value, key))
    texts.push_back(text_of(element, key));
  return texts;
}

std::vector<std::string> texts_or_empty(const json& object, std::string_view key) {
  const json* value = member(object, key);
  return value != nullptr ? texts_of(*value, key) : std::vector<std::string>();
}

std::map<std::string, std::string> text_map(const json& object, std::string_view key) {
  std::map<std::string, std::string> result;
  if (const json* value = member(object, key)) {
    for (const auto& [name, text] : object_of(*value, key).items())
      result[name] = text_of(text, name);
  }
  return result;
}

/// {"80/tcp": {}}: Go's way to write a set.
std::set<std::string> key_set(const json& object, std::string_view key) {
  std::set<std::string> result;
  if (const json* value = member(object, key)) {
    for (const auto& [name, empty] : object_of(*value, key).items())
      result.insert(name);
  }
  return result;
}

json set_to_json(const std::set<std::string>& set) {
  json object = json::object();
  for (const std::string& name : set)
    object[name] = json::object();
  return object;
}

Platform platform_of(const json& object) {
  return {text_or_empty(object, "os"), text_or_empty(object, "architecture"),
          text_or_empty(object, "variant"), text_or_empty(object, "os.version")};
}

void put_platform(json& object, const Platform& platform) {
  object["os"] = platform.os;
  object["architecture"] = platform.architecture;
  if (!platform.variant.empty()) object["variant"] = platform.variant;
  if (!platform.os_version.empty()) object["os.version"] = platform.os_version;
}

Descriptor descriptor_of(const json& object) {
  if (!object.is_object()) throw Error("a descriptor is not an object");
  Descriptor descriptor;
  const json* digest = member(object, "digest");
  const json* size = member(object, "size");
  if (digest == nullptr || size == nullptr)
    throw Error("a descriptor lacks \"digest\" or \"size\"");
  descriptor.media_type = text_or_empty(object, "mediaType");
  descriptor.digest = Digest::parse(text_of(*digest, "digest"));
  descriptor.size = size_of(*size, "size");
  descriptor.annotations = text_map(object, "annotations");
  if (const json* platform = member(object, "platform")) {
    descriptor.platform = platform_of(object_of(*platform, "platform"));
  }
  return descriptor;
}

json to_json_value(const Descriptor& descriptor) {
  json object = {{"mediaType", descriptor.media_type},
                 {"digest", descriptor.digest.to_string()},
                 {"size", descriptor.size}};
  if (descriptor.platform) put_platform(object["platform"], *descriptor.platform);
  if (!descriptor.annotations.empty()) object["annotations"] = descriptor.annotations;
  return object;
}

std::vector<Descriptor> descriptors_of(const json& document, std::string_view key) {
  std::vector<Descriptor> result;
  if (const json* value = member(document, key)) {
    for (const json& element : array_of(*value, key))
      result.push_back(descriptor_of(element));
  }
  return result;
}

json to_json_value(const std::vector<Descriptor>& descriptors) {
  json array = json::array();
  for (const Descriptor& descriptor : descriptors)
    array.push_back(to_json_value(descriptor));
  return array;
}

HealthCheck health_check_of(const json& object) {
  HealthCheck check;
  check.test = texts_or_empty(object, "Test");
  check.interval = integer_or_zero<std::int64_t>(object, "Interval");
  check.timeout = integer_or_zero<std::int64_t>(object, "Timeout");
  check.start_period = integer_or_zero<std::int64_t>(object, "StartPeriod");
  check.start_interval = integer_or_zero<std::int64_t>(object, "StartInterval");
  check.retries = integer_or_zero<int>(object, "Retries");
  return check;
}

json to_json_value(const HealthCheck& check) {
  json object = json::object();
  if (!check.test.empty()) object["Test"] = check.test;
  if (check.interval != 0) object["Interval"] = check.interval;
  if (check.timeout != 0) object["Timeout"] = check.timeout;
  if (check.start_period != 0) object["StartPeriod"] = check.start_period;
  if (check.start_interval != 0) object["StartInterval"] = check.start_interval;
  if (check.retries != 0) object["Retries"] = check.retries;
  return object;
}

constexpr std::string_view kKnownRunMembers[] = {
    "User",   "ExposedPorts", "Env",         "Entrypoint", "Cmd",   "Volumes",    "WorkingDir",
    "Labels", "StopSignal",   "Healthcheck", "OnBuild",    "Shell", "ArgsEscaped"};
constexpr std::string_view kKnownMembers[] = {"os",         "architecture", "variant",
                                              "os.version", "created",      "author",
                                              "config",     "rootfs",       "history"};

/// The members of `object` that are not `known`, as JSON; "" when there are none.
template <std::size_t N>
std::string unknown_members(const json& object, const std::string_view (&known)[N]) {
  json rest = object;
  for (const std::string_view name : known)
    rest.erase(std::string(name));
  return rest.empty() ? std::string() : dump(rest);
}

RunConfig run_config_of(const json& object) {
  RunConfig config;
  config.user = text_or_empty(object, "User");
  config.exposed_ports = key_set(object, "ExposedPorts");
  config.env = texts_or_empty(object, "Env");
  if (const json* words = member(object, "Entrypoint"))
    config.entrypoint = texts_of(*words, "Entrypoint");
  if (const json* words = member(object, "Cmd")) config.cmd = texts_of(*words, "Cmd");
  config.volumes = key_set(object, "Volumes");
  config.working_dir = text_or_empty(object, "WorkingDir");
  config.labels = text_map(object, "Labels");
  config.stop_signal = text_or_empty(object, "StopSignal");
  if (const json* check = member(object, "Healthcheck")) {
    config.healthcheck = health_check_of(object_of(*check, "Healthcheck"));
  }
  config.on_build = texts_or_empty(object, "OnBuild");
  config.shell = texts_or_empty(object, "Shell");
  config.args_escaped = bool_or_false(object, "ArgsEscaped");
  return config;
}

json to_json_value(const RunConfig& config, const std::string& unknown) {
  json object = unknown.empty() ? json::object() : json::parse(unknown);
  if (!config.user.empty()) object["User"] = config.user;
  if (!config.exposed_ports.empty()) object["ExposedPorts"] = set_to_json(config.exposed_ports);
  if (!config.env.empty()) object["Env"] = config.env;
  if (config.entrypoint) object["Entrypoint"] = *config.entrypoint;
  if (config.cmd) object["Cmd"] = *config.cmd;
  if (!config.volumes.empty()) object["Volumes"] = set_to_json(config.volumes);
  if (!config.working_dir.empty()) object["WorkingDir"] = config.working_dir;
  if (!config.labels.empty()) object["Labels"] = config.labels;
  if (!config.stop_signal.empty()) object["StopSignal"] = config.stop_signal;
  if (config.healthcheck) object["Healthcheck"] = to_json_value(*config.healthcheck);
  if (!config.on_build.empty()) object["OnBuild"] = config.on_build;
  if (!config.shell.empty()) object["Shell"] = config.shell;
  if (config.args_escaped) object["ArgsEscaped"] = true;
  return object;
}

HistoryEntry history_of(const json& object) {
  if (!object.is_object()) throw Error("a \"history\" entry is not an object");
  return {text_or_empty(object, "created"), text_or_empty(object, "created_by"),
          text_or_empty(object, "author"), text_or_empty(object, "comment"),
          bool_or_false(object, "empty_layer")};
}

json to_json_value(const HistoryEntry& entry) {
  json object = json::object();
  if (!entry.created.empty()) object["created"] = entry.created;
  if (!entry.created_by.empty()) object["created_by"] = entry.created_by;
  if (!entry.author.empty()) object["author"] = entry.author;
  if (!entry.comment.empty()) object["comment"] = entry.comment;
  if (entry.empty_layer) object["empty_layer"] = true;
  return object;
}

std::string shape_of(const json& document) {
  const bool has_manifests = has_member(document, "manifests");
  const bool has_config = has_member(document, "config");
  const bool has_layers = has_member(document, "layers") || has_config;
  if (has_manifests && has_layers) {
    throw Error("is both a manifest and an index");
  }
  const bool has_version = has_member(document, "schemaVersion");
  if (has_member(document, "fsLayers") || (has_version && document["schemaVersion"] != 2)) {
    throw Error("is not of schema version 2 (the old schema 1 is not supported)");
  }
  if (has_manifests) return std::string(media_type::kIndex);
  if (has_layers) return std::string(media_type::kManifest);
  throw Error("is neither an image manifest nor an index");
}

}  // namespace

std::string media_type_of_document(std::string_view text) {
  const json document = parse_document(text, "manifest");
  return with_context("manifest", [&] {
    const std::string by_shape = shape_of(document);
    const std::string written = text_or_empty(document, "mediaType");
    if (written.empty()) return by_shape;
    if (media_type::is_index(written) != media_type::is_index(by_shape) ||
        (!media_type::is_index(written) && !media_type::is_manifest(written))) {
      throw Error("media type '{}' contradicts its content", printable(written));
    }
    return written;
  });
}

Manifest Manifest::parse(std::string_view text) {
  Manifest manifest;
  manifest.media_type = media_type_of_document(text);
  if (!media_type::is_manifest(manifest.media_type))
    throw Error("not an image manifest but an index");
  const json document = parse_document(text, "manifest");
  return with_context("manifest", [&] {
    const json* config = member(document, "config");
    if (config == nullptr) throw Error("lacks \"config\"");
    manifest.artifact_type = text_or_empty(document, "artifactType");
    manifest.config = descriptor_of(*config);
    manifest.layers = descriptors_of(document, "layers");
    manifest.annotations = text_map(document, "annotations");
    return manifest;
  });
}

std::string Manifest::to_json() const {
  json document = {{"schemaVersion", 2},
                   {"mediaType", media_type},
                   {"config", to_json_value(config)},
                   {"layers", to_json_value(layers)}};
  if (!artifact_type.empty()) document["artifactType"] = artifact_type;
  if (!annotations.empty()) document["annotations"] = annotations;
  return written(document, "manifest");
}

Index Index::parse(std::string_view text) {
  Index index;
  index.media_type = media_type_of_document(text);
  if (!media_type::is_index(index.media_type)) throw Error("not an index but an image manifest");
  const json document = parse_document(text, "index");
  return with_context("index", [&] {
    index.manifests = descriptors_of(document, "manifests");
    index.annotations = text_map(document, "annotations");
    return index;
  });
}

std::string Index::to_json() const {
  json document = {
      {"schemaVersion", 2}, {"mediaType", media_type}, {"manifests", to_json_value(manifests)}};
  if (!annotations.empty()) document["annotations"] = annotations;
  return written(document, "index");
}

ImageConfig ImageConfig::parse(std::string_view text) {
  const json document = parse_document(text, "image config");
  return with_context("image config", [&] {
    ImageConfig image;
    image.platform = platform_of(document);
    image.created = text_or_empty(document, "created");
    image.author = text_or_empty(document, "author");
    if (const json* config = member(document, "config")) {
      image.config = run_config_of(object_of(*config, "config"));
      image.unknown_config = unknown_members(*config, kKnownRunMembers);
    }
    const json* rootfs = member(document, "rootfs");
    if (rootfs == nullptr) throw Error("lacks \"rootfs\"");
    for (const std::string& diff_id : texts_or_empty(object_of(*rootfs, "rootfs"), "diff_ids")) {
      image.diff_ids.push_back(Digest::parse(diff_id));
    }
    if (const json* history = member(document, "history")) {
      for (const json& entry : array_of(*history, "history"))
        image.history.push_back(history_of(entry));
    }
    image.unknown = unknown_members(document, kKnownMembers);
    return image;
  });
}

std::string ImageConfig::to_json() const {
  json document = unknown.empty() ? json::object() : json::parse(unknown);
  put_platform(document, platform);
  if (!created.empty()) document["created"] = created;
  if (!author.empty()) document["author"] = author;
  document["config"] = to_json_value(config, unknown_config);
  json layers = json::array();
  for (const Digest& diff_id : diff_ids)
    layers.push_back(diff_id.to_string());
  document["rootfs"] = {{"type", "layers"}, {"diff_ids", std::move(layers)}};
  json entries = json::array();
  for (const HistoryEntry& entry : history)
    entries.push_back(to_json_value(entry));
  if (!entries.empty()) document["history"] = std::move(entries);
  return written(document, "image config");
}

}  // namespace cbuild::oci
