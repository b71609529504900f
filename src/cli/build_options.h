// Declares the flags of `cbuild build`, and makes a request of them.
#pragma once

#include <string>

#include "src/cli/environment.h"

namespace cbuild::build {
struct Request;
}

namespace cbuild::cli {

class Args;
struct BuildOptions;
enum class ProgressStyle;

void declare_build(Args& args, BuildOptions& options);

/// Everything of the request but the context and the Dockerfile (see build_input.h). Paths are made
/// absolute against `directory`. @throws Error(usage)
build::Request make_request(const BuildOptions& options,
                            const EnvironmentLookup& environment,
                            const std::string& directory);

ProgressStyle progress_style(const std::string& name);

}  // namespace cbuild::cli
