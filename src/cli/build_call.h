// `cbuild build --call`: answers questions about a Dockerfile instead of building it.
#pragma once

namespace cbuild::build {
struct Request;
}

namespace cbuild::store {
class Store;
}

namespace cbuild::cli {

struct BuildOptions;

struct BuildCall {
  enum class Method { build, check, outline, targets };
  Method method = Method::build;
  bool json = false;
};

/// Of --call METHOD[,format=json], --check and --format. @throws Error(usage)
BuildCall read_call(const BuildOptions& options);

/// Writes the answer to standard output. @return the exit code: 1 when a check found something.
/// @param store  may be null
int run_call(const BuildCall& call, const build::Request& request, store::Store* store, bool quiet);

}  // namespace cbuild::cli
