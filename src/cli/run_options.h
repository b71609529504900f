// The flags of `cbuild build` for RUN steps: --secret, --ssh, --allow, --add-host, --dns,
// --strict-network, and limits.
#pragma once

#include <string>
#include <vector>

#include "src/cli/environment.h"
#include "src/cli/limit_options.h"

namespace cbuild::build {
struct Request;
}

namespace cbuild::cli {

class Args;

/// As given.
struct RunOptions {
  std::vector<std::string> secrets;
  std::vector<std::string> ssh;
  std::vector<std::string> allow;
  std::vector<std::string> hosts;
  std::vector<std::string> dns;
  bool strict_network = false;
  LimitOptions limits;
};

void declare_run_options(Args& args, RunOptions& options);

/// Puts them into the request. Files of secrets and keys are read now: what is not there is said
/// before anything is built. Paths are relative to `directory`. @throws Error(usage)
void apply_run_options(const RunOptions& options,
                       const EnvironmentLookup& environment,
                       const std::string& directory,
                       build::Request& request);

}  // namespace cbuild::cli
