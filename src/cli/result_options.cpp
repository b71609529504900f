// Platforms, outputs, annotations and times of a build; see result_options.h.
#include "src/cli/result_options.h"

#include <algorithm>

#include "cbuild/build/request.h"
#include "cbuild/oci/platform.h"
#include "cbuild/oci/reference.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

constexpr std::string_view kEpoch = "SOURCE_DATE_EPOCH";
constexpr std::string_view kTimeOfContext = "context";

/// Each once, in their order. "local" is this machine's.
std::vector<oci::Platform> read_platforms(const std::vector<std::string>& texts) {
  std::vector<oci::Platform> platforms;
  for (const std::string& text : texts) {
    for (const std::string& name : split(text, ',')) {
      const std::string_view trimmed = trim(name);
      oci::Platform platform =
          trimmed == "local"
              ? oci::Platform::host()
              : with_context("--platform", [&] { return oci::Platform::parse(trimmed); });
      if (std::ranges::find(platforms, platform) == platforms.end())
        platforms.push_back(std::move(platform));
    }
  }
  return platforms;
}

struct Compression {
  layer::Compression kind;
  int level = 0;
};

/// "zstd", "gzip:3".
Compression read_compression(const std::string& text) {
  exporter::Output output;
  const auto colon = text.find(':');
  std::string fields = "type=image,compression=" + text.substr(0, colon);
  if (colon != std::string::npos) fields += ",compression-level=" + text.substr(colon + 1);
  try {
    if (text.find_first_of(",\"\r\n") != std::string::npos) throw Error("further fields");
    output = exporter::parse_output(fields);
  } catch (const Error&) {
    throw Error(ErrorKind::usage,
                "--compression '{}': want gzip, zstd or uncompressed, and a level: zstd:19",
                printable(text));
  }
  return {*output.compression, output.compression_level};
}

void set_compression(const std::string& text, std::vector<exporter::Output>& outputs) {
  if (text.empty()) return;
  const Compression compression = read_compression(text);
  bool counts = false;
  for (exporter::Output& output : outputs) {
    counts = counts || output.type == "registry" || output.type == "oci" || output.type == "docker";
    if (output.compression) continue;
    output.compression = compression.kind;
    output.compression_level = compression.level;
  }
  if (!counts) {
    throw Error(ErrorKind::usage, "--compression has no effect: no layer leaves the store")
        .with_hint("add --push or --output");
  }
}

std::vector<exporter::Output> read_outputs(const BuildOptions& options,
                                           std::vector<oci::Reference>& tags) {
  std::vector<exporter::Output> outputs;
  for (const std::string& text : options.outputs) {
    exporter::Output& output = outputs.emplace_back(exporter::parse_output(text));
    const bool names_image = output.type == "image" || (output.push && !output.push_by_digest);
    for (const oci::Reference& name : output.names) {
      if (names_image && std::ranges::find(tags, name) == tags.end()) tags.push_back(name);
    }
    if (output.names.empty()) output.names = tags;
  }
  if (options.push) {
    exporter::Output output;
    output.type = "registry";
    output.names = tags;
    outputs.push_back(std::move(output));
  }
  const bool nameless = std::ranges::any_of(outputs, [](const exporter::Output& output) {
    return output.type == "registry" && output.names.empty();
  });
  if (nameless) {
    throw Error(ErrorKind::usage, "cannot push an image without a name: give it one with --tag");
  }
  return outputs;
}

/// A docker archive is of one image.
void check_outputs(const build::Request& request) {
  if (request.platforms.size() < 2) return;
  for (const exporter::Output& output : request.outputs) {
    if (output.type != "docker") continue;
    throw Error(ErrorKind::usage, "--output type=docker holds an image for one platform, not {}",
                request.platforms.size())
        .with_hint("use type=oci");
  }
}

std::optional<std::int64_t> read_epoch(const BuildOptions& options,
                                       const EnvironmentLookup& environment,
                                       std::map<std::string, std::string>& build_args) {
  if (!options.timestamp.empty()) return build::parse_epoch("--timestamp", options.timestamp);
  const std::string name(kEpoch);
  if (!build_args.contains(name)) {
    const auto value = environment(kEpoch.data());
    if (value && !value->empty()) build_args[name] = *value;  // an ARG may ask for it
  }
  const auto arg = build_args.find(name);
  const bool is_given = arg != build_args.end() && !arg->second.empty();
  if (!is_given || arg->second == kTimeOfContext) return std::nullopt;
  return build::parse_epoch(kEpoch, arg->second);
}

/// There is one image, so there is one answer.
bool read_rewrite(const std::vector<exporter::Output>& outputs) {
  std::optional<bool> rewrite;
  for (const exporter::Output& output : outputs) {
    if (!output.rewrite_timestamp) continue;
    if (rewrite && *rewrite != *output.rewrite_timestamp) {
      throw Error(ErrorKind::usage,
                  "--output rewrite-timestamp: all outputs of a build need the same value");
    }
    rewrite = output.rewrite_timestamp;
  }
  return rewrite.value_or(true);
}

}  // namespace

void read_result_options(const BuildOptions& options,
                         const EnvironmentLookup& environment,
                         build::Request& request) {
  std::vector<std::string> platforms = options.platforms;
  if (platforms.empty()) {
    const auto usual = environment("DOCKER_DEFAULT_PLATFORM");
    if (usual && !usual->empty()) platforms.push_back(*usual);
  }
  request.platforms = read_platforms(platforms);
  request.outputs = read_outputs(options, request.tags);
  check_outputs(request);
  set_compression(options.compression, request.outputs);
  for (const std::string& text : options.annotations) {
    for (exporter::Annotation& annotation : exporter::parse_annotation(text))
      request.annotations.push_back(std::move(annotation));
  }
  for (exporter::Output& output : request.outputs) {
    if (output.type != "image") continue;  // others annotate what leaves the store
    for (exporter::Annotation& annotation : output.annotations)
      request.annotations.push_back(std::move(annotation));
    output.annotations.clear();
  }
  request.source_date_epoch = read_epoch(options, environment, request.build_args);
  request.rewrite_timestamps = read_rewrite(request.outputs);
  for (const std::string& text : options.no_cache_filters) {
    for (const std::string& stage : split(text, ','))
      request.no_cache_stages.push_back(stage);
  }
}

bool wants_time_of_context(const build::Request& request) {
  if (request.source_date_epoch) return false;
  const auto arg = request.build_args.find(std::string(kEpoch));
  return arg != request.build_args.end() && arg->second == kTimeOfContext;
}

}  // namespace cbuild::cli
