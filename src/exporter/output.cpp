// The -o option; see output.h.
#include "cbuild/exporter/output.h"

#include <algorithm>
#include <array>

#include "cbuild/layer/compression.h"
#include "cbuild/util/csv.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::exporter {

namespace {

const std::vector<std::string> kTypes = {"image", "registry", "oci",      "docker",
                                         "local", "tar",      "cacheonly"};
const std::vector<std::string> kKeys = {"type",
                                        "dest",
                                        "name",
                                        "push",
                                        "push-by-digest",
                                        "tar",
                                        "compression",
                                        "compression-level",
                                        "force-compression",
                                        "oci-mediatypes",
                                        "rewrite-timestamp",
                                        "annotation.KEY",
                                        "platform-split",
                                        "mode"};

std::vector<CsvField> fields_of(std::string_view text) {
  return with_context(fmt::format("--output {}", printable(text)),
                      [&] { return csv_fields(text); });
}

bool parse_bool(std::string_view key, std::string_view value) {
  for (const std::string_view yes : {"true", "1", "t", "T", "TRUE", "True"}) {
    if (value == yes) return true;
  }
  for (const std::string_view no : {"false", "0", "f", "F", "FALSE", "False"}) {
    if (value == no) return false;
  }
  throw Error(ErrorKind::usage, "--output {}={}: want true or false", key, printable(value));
}

layer::Compression parse_compression(std::string_view value) {
  if (value == "gzip") return layer::Compression::gzip;
  if (value == "zstd") return layer::Compression::zstd;
  if (value == "uncompressed") return layer::Compression::none;
  throw Error(ErrorKind::usage, "--output compression={}: want gzip, zstd or uncompressed",
              printable(value));
}

[[noreturn]] void refuse(std::string_view what,
                         std::string_view word,
                         const std::vector<std::string>& known) {
  const auto suggestion = nearest(word, known);
  throw Error(ErrorKind::usage, "--output: {} '{}' is not supported{} (known: {})", what,
              printable(word), suggestion ? fmt::format(", did you mean {}?", *suggestion) : "",
              join(known, ", "));
}

/// "annotation.KEY", "annotation-index.KEY", "annotation-manifest[linux/arm64].KEY". @return false
/// for other keys.
bool set_annotation(Output& output, std::string_view key, const std::string& value) {
  constexpr std::string_view kPrefix = "annotation";
  if (!key.starts_with(kPrefix)) return false;
  key.remove_prefix(kPrefix.size());
  // A platform may hold a dot, so the one behind its bracket counts.
  const auto bracket = key.find(']');
  const auto dot = key.find(
      '.', bracket == std::string_view::npos || key.find('.') < key.find('[') ? 0 : bracket);
  if (dot == std::string_view::npos || dot + 1 == key.size()) return false;
  std::string place(key.substr(0, dot));
  if (place.starts_with('-')) {
    place.erase(0, 1);
  } else {
    place.insert(0, "manifest");
  }
  Annotation annotation{{}, {}, std::string(key.substr(dot + 1)), value};
  if (!set_place(annotation, place)) return false;
  output.annotations.push_back(std::move(annotation));
  return true;
}

void add_names(Output& output, const std::string& value) {
  for (const std::string& name : split(value, ',')) {
    if (!name.empty()) output.names.push_back(oci::Reference::parse(name));
  }
}

bool parse_mirror(const std::string& value) {
  if (value == "copy") return false;
  if (value == "delete") return true;
  throw Error(ErrorKind::usage, "--output mode={}: want copy or delete", printable(value));
}

int parse_level(const std::string& value) {
  const auto level = parse_uint(value);
  if (!level || *level > 22)
    throw Error(ErrorKind::usage, "--output compression-level: want 0 to 22");
  return static_cast<int>(*level);
}

/// Keys without effect: they name what cbuild does anyway, or documents that it does not make.
bool set_nothing(const std::string& key, const std::string& value) {
  static constexpr std::string_view kMeaningless[] = {"unpack", "name-canonical",
                                                      "attestation-inline", "oci-artifact"};
  if (std::ranges::find(kMeaningless, key) != std::end(kMeaningless)) {
    parse_bool(key, value);
    return true;
  }
  if (key != "store") return false;
  if (parse_bool(key, value)) return true;
  throw Error(ErrorKind::usage, "--output store=false: an image is always put into the store");
}

struct Field {
  std::string_view key;
  void (*set)(Output& output, const std::string& value);
};

constexpr Field kFields[] = {
    {"dest", [](Output& output, const std::string& value) { output.destination = value; }},
    {"name", add_names},
    {"push",
     [](Output& output, const std::string& value) { output.push = parse_bool("push", value); }},
    {"push-by-digest",
     [](Output& output, const std::string& value) {
       output.push_by_digest = parse_bool("push-by-digest", value);
     }},
    {"tar", [](Output& output,
               const std::string& value) { output.oci_directory = !parse_bool("tar", value); }},
    {"compression",
     [](Output& output, const std::string& value) {
       output.compression = parse_compression(value);
     }},
    {"compression-level",
     [](Output& output, const std::string& value) {
       output.compression_level = parse_level(value);
     }},
    {"force-compression",
     [](Output& output, const std::string& value) {
       output.force_compression = parse_bool("force-compression", value);
     }},
    {"oci-mediatypes",
     [](Output& output, const std::string& value) {
       output.docker_types = !parse_bool("oci-mediatypes", value);
     }},
    {"rewrite-timestamp",
     [](Output& output, const std::string& value) {
       output.rewrite_timestamp = parse_bool("rewrite-timestamp", value);
     }},
    {"platform-split",
     [](Output& output, const std::string& value) {
       output.platform_split = parse_bool("platform-split", value);
     }},
    {"mode", [](Output& output, const std::string& value) { output.mirror = parse_mirror(value); }},
};

void set_field(Output& output, const std::string& written_key, const std::string& value) {
  const std::string key = to_lower(written_key);
  if (key == "type") {
    if (std::ranges::find(kTypes, value) == kTypes.end()) refuse("type", value, kTypes);
    output.type = value;
    return;
  }
  for (const Field& field : kFields) {
    if (field.key == key) return field.set(output, value);
  }
  if (set_nothing(key, value)) return;
  if (!set_annotation(output, written_key, value)) refuse("key", key, kKeys);
}

void check(const Output& output) {
  const bool to_files = output.type == "oci" || output.type == "local" || output.type == "tar";
  if (to_files && output.destination.empty()) {
    throw Error(ErrorKind::usage, "--output type={} needs dest=PATH", output.type);
  }
  if (output.type == "local" && output.destination == "-") {
    throw Error(ErrorKind::usage,
                "--output type=local cannot be written to standard output (use type=tar)");
  }
  if (output.push && output.type != "registry") {
    throw Error(ErrorKind::usage, "--output push=true needs type=image");
  }
  if (output.oci_directory && output.type != "oci") {
    throw Error(ErrorKind::usage, "--output tar=false needs type=oci");
  }
  if (output.mirror && output.type != "local") {
    throw Error(ErrorKind::usage, "--output mode=delete needs type=local");
  }
  const bool is_files = output.type == "local" || output.type == "tar";
  if (output.platform_split && !is_files) {
    throw Error(ErrorKind::usage, "--output platform-split needs type=local or type=tar");
  }
  if (output.docker_types && !output.annotations.empty()) {
    throw Error(ErrorKind::usage,
                "--output oci-mediatypes=false: Docker's manifests have no annotations");
  }
  if (output.docker_types && output.compression == layer::Compression::zstd) {
    throw Error(ErrorKind::usage,
                "--output compression=zstd cannot be combined with oci-mediatypes=false");
  }
}

/// What is pushed by digest gets no tag, so none may be asked for.
void refuse_tags(std::string_view text) {
  for (const auto& [field, offsets] : fields_of(text)) {
    const auto equals = field.find('=');
    if (to_lower(trim(field.substr(0, equals))) != "name") continue;
    for (const std::string& name : split(field.substr(equals + 1), ',')) {
      const std::string last = name.substr(name.find_last_of('/') + 1);
      if (last.find(':') == std::string::npos) continue;
      throw Error(ErrorKind::usage,
                  "--output push-by-digest: '{}' has a tag, but a push by digest sets no tag",
                  printable(name));
    }
  }
}

}  // namespace

Output parse_output(std::string_view text) {
  Output output;
  if (text == "-") {
    output.type = "tar";
    output.destination = "-";
    return output;
  }
  if (text.find('=') == std::string_view::npos && !text.empty()) {
    output.type = "local";
    output.destination = text;
    return output;
  }
  for (const auto& [field, offsets] : fields_of(text)) {
    const auto equals = field.find('=');
    if (equals == std::string::npos) {
      throw Error(ErrorKind::usage, "--output: '{}' is not KEY=VALUE", printable(field));
    }
    set_field(output, std::string(trim(field.substr(0, equals))), field.substr(equals + 1));
  }
  if (output.type.empty()) throw Error(ErrorKind::usage, "--output: type=… is missing");
  if (output.push_by_digest) refuse_tags(text);
  if (output.type == "image" && output.push) output.type = "registry";
  if (output.type == "docker" && output.destination.empty()) output.destination = "-";
  check(output);
  return output;
}

}  // namespace cbuild::exporter
