// The flags of `cbuild build`, and the request they amount to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cbuild/build/build.h"
#include "src/cli/args.h"
#include "src/cli/session.h"

namespace cbuild::cli {

/// As given; defaults where the user says nothing.
struct BuildOptions {
  std::string context;
  std::string file;
  std::vector<std::string> tags;
  std::vector<std::string> build_args;
  std::vector<std::string> labels;
  std::vector<std::string> build_contexts;
  std::vector<std::string> outputs;
  std::string target;
  std::string network = "default";
  std::string progress = "auto";
  std::string iidfile;
  std::string timestamp;
  std::string platform;
  std::string provenance;
  std::string sbom;
  std::optional<std::uint64_t> jobs;
  bool no_cache = false;
  bool pull = false;
  bool push = false;
  bool load = false;  ///< always done
};

void declare_build(Args& args, BuildOptions& options);

/// Everything of the request but the context and the Dockerfile (see build_input.h). Paths are made
/// absolute against `directory`. @throws Error(usage)
build::Request make_request(const BuildOptions& options,
                            const EnvironmentLookup& environment,
                            const std::string& directory);

/// SOURCE_DATE_EPOCH=context: the time is that of the build context. As build argument or, without
/// one, in the environment; --timestamp goes first.
bool wants_time_of_context(const build::Request& request, const EnvironmentLookup& environment);

ProgressStyle progress_style(const std::string& name);

}  // namespace cbuild::cli
