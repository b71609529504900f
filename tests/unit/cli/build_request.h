// What the words of a command line ask of a build.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cbuild/build/request.h"
#include "cbuild/util/error.h"
#include "src/cli/args.h"
#include "src/cli/build_flags.h"
#include "src/cli/build_options.h"

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

/// Why `ask` is refused, as a wrong use; "accepted" when it is not.
template <typename Ask>
std::string refusal_of(Ask&& ask) {
  try {
    ask();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "accepted";
}

}  // namespace cbuild::cli
