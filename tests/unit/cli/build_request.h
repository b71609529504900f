// What the words of a command line ask of a build.
#pragma once

#include <string>
#include <vector>

#include "cbuild/build/request.h"
#include "src/cli/args.h"
#include "src/cli/build_flags.h"
#include "src/cli/build_options.h"
#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {

inline build::Request request_of(const std::vector<std::string>& words,
                                 const EnvironmentLookup& environment,
                                 const std::string& directory) {
  BuildOptions options;
  Args args("build", "Build");
  declare_build(args, options);
  args.parse(words);
  return make_request(options, environment, directory);
}

}  // namespace cbuild::cli
