// Steps that run programs of another processor; see foreign_steps.h.
#include "src/build/foreign_steps.h"

#include <map>

#include "cbuild/solver/solver.h"
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

}  // namespace

void enable_foreign_steps(const graph::Graph& graph,
                          const StepDisplay& display,
                          sandbox::Emulation& emulation) {
  const oci::Platform host = oci::Platform::host();
  std::map<std::string, std::optional<std::string>> obstacles;  // by architecture
  for (graph::VertexId id = 0; id < graph.size(); ++id) {
    const graph::Vertex& vertex = graph[id];
    if (!std::holds_alternative<graph::Exec>(vertex.op) || display.is_finished(id)) continue;
    if (oci::runs_natively(host, vertex.platform)) continue;
    if (vertex.platform.os != host.os) refuse(id, vertex.platform, "another operating system");
    const std::string& architecture = vertex.platform.architecture;
    auto known = obstacles.find(architecture);
    if (known == obstacles.end())
      known = obstacles.emplace(architecture, emulation.enable(architecture)).first;
    if (known->second) refuse(id, vertex.platform, *known->second);
  }
}

}  // namespace cbuild::build
