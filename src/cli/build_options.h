// The flags of `cbuild build`, and the request they amount to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cbuild/build/build.h"
#include "src/cli/args.h"
#include "src/cli/run_options.h"
#include "src/cli/session.h"

namespace cbuild::cli {

/// As given; defaults where the user says nothing.
struct BuildOptions {
  std::string context;
  std::string file;
  std::string ignore_file;
  std::vector<std::string> tags;
  std::vector<std::string> build_args;
  std::vector<std::string> build_arg_files;
  std::vector<std::string> labels;
  std::vector<std::string> build_contexts;
  std::vector<std::string> outputs;
  std::vector<std::string> platforms;
  std::vector<std::string> annotations;
  std::vector<std::string> no_cache_filters;
  std::string target;
  std::string network = "default";
  std::string pull = "missing";
  std::string progress = "auto";
  std::string iidfile;
  std::string timestamp;
  std::string metadata_file;
  std::string compression;
  std::string provenance;
  std::string sbom;
  std::string call = "build";
  std::string format;
  bool check = false;
  RunOptions run;
  std::optional<std::uint64_t> jobs;
  bool no_cache = false;
  bool push = false;
  bool load = false;  ///< always done
};

void declare_build(Args& args, BuildOptions& options);

/// The lines of a file of build arguments but those that are empty or comments. @throws
/// Error(usage)
std::vector<std::string> build_arg_lines(const std::string& path);

/// "NAME=VALUE" words; "NAME" alone is taken from the environment, if it is there.
/// @throws Error(usage)
std::map<std::string, std::string> read_build_args(const std::vector<std::string>& texts,
                                                   const EnvironmentLookup& environment);

/// Everything of the request but the context and the Dockerfile (see build_input.h). Paths are made
/// absolute against `directory`. @throws Error(usage)
build::Request make_request(const BuildOptions& options,
                            const EnvironmentLookup& environment,
                            const std::string& directory);

ProgressStyle progress_style(const std::string& name);

}  // namespace cbuild::cli
