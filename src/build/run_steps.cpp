// Checks of emulators and of the file system of the store; see run_steps.h.
#include "src/build/run_steps.h"

#include <map>

#include "cbuild/graph/graph.h"
#include "cbuild/sandbox/emulation.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/solver/vertex_error.h"
#include "cbuild/util/error.h"

namespace cbuild::build {

namespace {

[[noreturn]] void refuse(graph::VertexId vertex,
                         const oci::Platform& platform,
                         const std::string& reason) {
  Error error(ErrorKind::machine, "RUN for {} cannot be executed on this {} machine: {}",
              platform.to_string(), oci::Platform::host().to_string(), reason);
  error.with_hint(
      "install an emulator, in Debian: apt-get install qemu-user-static binfmt-support; or let the "
      "stage run on this machine: FROM --platform=$BUILDPLATFORM");
  throw solver::VertexError(vertex, error);
}

/// Interpreters of programs for other processors.
class Interpreters {
 public:
  explicit Interpreters(sandbox::Emulation& emulation) : emulation_(emulation) {}

  void enable(graph::VertexId id, const oci::Platform& platform) {
    const oci::Platform host = oci::Platform::host();
    if (oci::runs_natively(host, platform)) return;
    if (platform.os != host.os) refuse(id, platform, "another operating system");
    auto known = obstacles_.find(platform.architecture);
    if (known == obstacles_.end()) {
      known =
          obstacles_.emplace(platform.architecture, emulation_.enable(platform.architecture)).first;
    }
    if (known->second) refuse(id, platform, *known->second);
  }

 private:
  sandbox::Emulation& emulation_;
  std::map<std::string, std::optional<std::string>> obstacles_;  // by architecture
};

void require_run(graph::VertexId vertex, const sandbox::Workspace& workspace) {
  try {
    workspace.require_run();
  } catch (const Error& error) {
    throw solver::VertexError(vertex, error);
  }
}

}  // namespace

void prepare_run_steps(const graph::Graph& graph,
                       std::span<const graph::VertexId> pending,
                       const sandbox::Workspace& workspace,
                       sandbox::Emulation& emulation) {
  Interpreters interpreters(emulation);
  for (const graph::VertexId id : pending) {
    const graph::Vertex& vertex = graph[id];
    if (!std::holds_alternative<graph::Exec>(vertex.op)) continue;
    require_run(id, workspace);
    interpreters.enable(id, vertex.platform);
  }
}

}  // namespace cbuild::build
