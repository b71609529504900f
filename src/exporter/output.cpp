// The -o option.
#include <algorithm>
#include <array>

#include "cbuild/exporter/exporter.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::exporter {

namespace {

const std::vector<std::string> kTypes = {"image", "registry", "oci", "docker", "local", "tar"};
const std::vector<std::string> kKeys = {
    "type", "dest", "name", "push", "tar", "compression", "compression-level"};

/// The fields of one line of comma-separated values (RFC 4180): `type=image,"name=a,b"`.
std::vector<std::string> csv_fields(std::string_view text) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
        fields.back() += text[++i];
      } else {
        quoted = !quoted;
      }
    } else if (text[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += text[i];
    }
  }
  if (quoted) throw Error(ErrorKind::usage, "--output {}: a quote is not closed", printable(text));
  return fields;
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

void set_field(Output& output, const std::string& key, const std::string& value) {
  if (key == "type") {
    if (std::ranges::find(kTypes, value) == kTypes.end()) refuse("type", value, kTypes);
    output.type = value;
  } else if (key == "dest") {
    output.destination = value;
  } else if (key == "name") {
    for (const std::string& name : split(value, ','))
      output.names.push_back(oci::Reference::parse(name));
  } else if (key == "push") {
    output.push = parse_bool(key, value);
  } else if (key == "tar") {
    output.oci_directory = !parse_bool(key, value);
  } else if (key == "compression") {
    output.compression = parse_compression(value);
  } else if (key == "compression-level") {
    const auto level = parse_uint(value);
    if (!level || *level > 22)
      throw Error(ErrorKind::usage, "--output compression-level: want 0 to 22");
    output.compression_level = static_cast<int>(*level);
  } else {
    refuse("key", key, kKeys);
  }
}

void check(const Output& output) {
  const bool to_files = output.type == "oci" || output.type == "local" || output.type == "tar";
  if (to_files && output.destination.empty()) {
    throw Error(ErrorKind::usage, "--output type={} needs dest=PATH", output.type);
  }
  if (output.type == "local" && output.destination == "-") {
    throw Error(ErrorKind::usage,
                "--output type=local cannot go to standard output (use type=tar)");
  }
  if (output.push && output.type != "registry") {
    throw Error(ErrorKind::usage, "--output push=true goes with type=image only");
  }
  if (output.oci_directory && output.type != "oci") {
    throw Error(ErrorKind::usage, "--output tar=false goes with type=oci only");
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
  for (const std::string& field : csv_fields(text)) {
    const auto equals = field.find('=');
    if (equals == std::string::npos) {
      throw Error(ErrorKind::usage, "--output: '{}' is not KEY=VALUE", printable(field));
    }
    set_field(output, to_lower(trim(field.substr(0, equals))), field.substr(equals + 1));
  }
  if (output.type.empty()) throw Error(ErrorKind::usage, "--output: type=… is missing");
  if (output.type == "image" && output.push) output.type = "registry";
  if (output.type == "docker" && output.destination.empty()) output.destination = "-";
  check(output);
  return output;
}

}  // namespace cbuild::exporter
