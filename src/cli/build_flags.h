// The flags of `cbuild build`, as given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/cli/run_options.h"

namespace cbuild::cli {

/// Defaults where the user says nothing.
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

}  // namespace cbuild::cli
