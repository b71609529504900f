// `cbuild build --check`: tells what the rules find in a Dockerfile.
#pragma once

namespace cbuild::build {
struct Request;
}

namespace cbuild::store {
class Store;
}

namespace cbuild::cli {

/// Writes the findings to standard output. @return the exit code: 1 when there are violations
/// @param store  may be null
/// @throws BuildFailed when the Dockerfile is wrong; Error(build) when it wants findings to be
/// errors
int run_check(const build::Request& request, store::Store* store, bool json, bool quiet);

}  // namespace cbuild::cli
