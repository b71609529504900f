// Declares the flags of `cbuild build`, and makes a request of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/cli/args.h"
#include "src/cli/session.h"

namespace cbuild::build {
struct Request;
}

namespace cbuild::cli {

struct BuildOptions;

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
