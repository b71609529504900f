// The flags of `cbuild build`; see build_options.h.
#include "src/cli/build_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "cbuild/build/request.h"
#include "cbuild/graph/network.h"
#include "cbuild/util/error.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/build_args.h"
#include "src/cli/context_flag.h"
#include "src/cli/foreign_flags.h"
#include "src/cli/result_options.h"
#include "src/cli/session.h"

namespace cbuild::cli {

namespace {

graph::Network network_of(std::string_view word) {
  if (word == "none") return graph::Network::none;
  return word == "host" ? graph::Network::host : graph::Network::build;
}

std::vector<oci::Reference> read_tags(const std::vector<std::string>& texts) {
  std::vector<oci::Reference> tags;
  for (const std::string& text : texts) {
    oci::Reference tag = with_context("--tag", [&] { return oci::Reference::parse(text); });
    if (tag.digest) {
      throw Error(ErrorKind::usage, "--tag {}: a tag cannot contain a digest", printable(text));
    }
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(std::move(tag));
  }
  return tags;
}

/// Flags whose only value that can be met is what happens anyway.
void check_fixed_values(const BuildOptions& options) {
  const auto want_false = [](std::string_view flag, const std::string& value) {
    if (value.empty() || value == "false" || value == "0") return;
    throw Error(ErrorKind::usage, "{} is not supported yet ({}=false is accepted)", flag, flag);
  };
  want_false("--provenance", options.provenance);
  want_false("--sbom", options.sbom);
}

constexpr const char* kDescription =
    "PATH is the build context: the directory whose files COPY and ADD take. The Dockerfile is "
    "PATH/Dockerfile or PATH/Containerfile unless --file names another. The ignore file "
    "DOCKERFILE.dockerignore or PATH/.dockerignore (or .containerignore) excludes files from the "
    "context. PATH may be the URL of a git repository (URL.git#REF:DIRECTORY), of an archive, or "
    "of a Dockerfile without context. With - cbuild reads an archive, or a Dockerfile without "
    "context, from standard input.";

}  // namespace

void declare_build(Args& args, BuildOptions& options) {
  args.describe(kDescription);
  args.positional("PATH", options.context,
                  "Build context: a directory or URL; - is standard input");
  args.option("-t,--tag", options.tags, "NAME[:TAG]", "Name of the image; repeatable");
  args.option("-f,--file", options.file, "PATH", "Dockerfile; - is standard input");
  args.option("--target", options.target, "STAGE", "Stage to build (default: the last one)");
  args.option("--build-arg", options.build_args, "NAME[=VALUE]",
              "Value of an ARG; without VALUE it is taken from the environment");
  args.option(
      "--build-arg-file", options.build_arg_files, "FILE",
      "File with values of ARGs, one NAME=VALUE a line; --build-arg takes precedence; repeatable");
  args.option("--ignorefile", options.ignore_file, "FILE",
              "Ignore file to use instead of those beside the Dockerfile and in the context");
  args.option("--build-context", options.build_contexts, "NAME=PATH",
              "Additional context for COPY --from=NAME and FROM NAME: a directory, a URL, "
              "docker-image://REFERENCE or oci-layout://PATH[:TAG]");
  args.option("--label", options.labels, "NAME=VALUE", "Label of the image; repeatable");
  args.choice(
      "--network", options.network, {"default", "host", "none"},
      "Network of RUN steps (default: a private one with a way out; host: that of this machine)");
  args.flag("--no-cache", options.no_cache, "Run every step again");
  args.flag("--pull", options.pull, {"true", "false", "always", "newer", "missing"},
            "Ask the registry for newer base images; --pull=missing is the default");
  args.option("--no-cache-filter", options.no_cache_filters, "STAGE",
              "Run the steps of this stage again; repeatable");
  args.option(
      "--platform", options.platforms, "OS/ARCH[/VARIANT]",
      "Platform of the image (default: this machine's); several (a,b) make one image index");
  args.option("-j,--jobs", options.jobs, "N", "Steps that run at the same time");
  args.option("--timestamp", options.timestamp, "SECONDS",
              "Times in the image, as seconds since 1970 (default: $SOURCE_DATE_EPOCH, else the "
              "times as they are)");
  declare_run_options(args, options.run);
  args.group("Instead of building");
  args.flag("--check", options.check,
            "Only check the Dockerfile against the rules (see 'cbuild help RULE'); exit code 1 "
            "after a warning");
  args.option("--call", options.call, "METHOD[,format=json]",
              "check, outline (arguments, secrets and caches of the target), targets (stages)");
  args.option("--format", options.format, "table|json", "Output format of --call and --check");
  args.group("Results");
  args.option("-o,--output", options.outputs, "type=TYPE[,dest=PATH]",
              "Further output: oci, docker or tar (archives), local (directory), registry or "
              "cacheonly (none); a PATH alone is local, - is a tar on standard output");
  args.flag("--push", options.push, "Push the image under its names");
  args.flag("--load", options.load,
            "No effect: the image is always put into the store (docker's flag)");
  args.option("--annotation", options.annotations, "[PLACE:]NAME=VALUE",
              "Annotation of the manifest, or of PLACE: index, manifest-descriptor, "
              "index-descriptor; repeatable");
  args.option("--compression", options.compression, "KIND[:LEVEL]",
              "Compression of layers that leave the store: gzip, zstd or uncompressed");
  args.option("--iidfile", options.iidfile, "FILE", "Write the image ID to FILE");
  args.option("--metadata-file", options.metadata_file, "FILE",
              "Write digests and names of the result to FILE, as JSON");
  args.choice("--progress", options.progress, {"auto", "plain", "tty", "quiet", "none", "rawjson"},
              "How to show progress");
  args.option("--provenance", options.provenance, "false",
              "No effect: cbuild makes no attestations yet, so only false is accepted");
  args.option("--sbom", options.sbom, "false",
              "No effect: cbuild makes no SBOM yet, so only false is accepted");
  declare_foreign_flags(args);
  args.example("cbuild -t app .", "the usual build; the word build may be left out");
  args.example("cbuild build -t app:dev -f docker/Dockerfile.dev --target test .",
               "another Dockerfile, another stage");
  args.example("cbuild build -o type=local,dest=out .",
               "write the files of the image into a directory");
}

build::Request make_request(const BuildOptions& options,
                            const EnvironmentLookup& environment,
                            const std::string& directory) {
  check_fixed_values(options);
  build::Request request;
  request.tags = read_tags(options.tags);
  std::vector<std::string> arguments;
  for (const std::string& file : options.build_arg_files) {
    std::ranges::move(build_arg_lines(clean_path(directory, file)), std::back_inserter(arguments));
  }
  arguments.insert(arguments.end(), options.build_args.begin(), options.build_args.end());
  request.build_args = read_build_args(arguments, environment);
  for (const std::string& text : options.labels) {
    const auto [name, value] = key_and_value("--label", text);
    request.labels[name] = value.value_or("");
  }
  request.contexts = read_contexts(options.build_contexts, directory);
  request.target = options.target;
  request.network = network_of(options.network);
  request.allow_host_network = options.network == "host";
  apply_run_options(options.run, environment, directory, request);
  request.no_cache = options.no_cache;
  request.pull = options.pull != "false" && options.pull != "missing";
  read_result_options(options, environment, request);
  request.jobs = options.jobs.value_or(0);
  return request;
}

ProgressStyle progress_style(const std::string& name) {
  if (name == "plain") return ProgressStyle::plain;
  if (name == "tty") return ProgressStyle::tty;
  if (name == "quiet" || name == "none") return ProgressStyle::quiet;
  if (name == "rawjson") return ProgressStyle::raw_json;
  return ProgressStyle::automatic;
}

}  // namespace cbuild::cli
