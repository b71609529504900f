// Places and hints of failed steps; see step_fault.h.
#include "src/build/step_fault.h"

#include <fmt/core.h>

#include <variant>

#include "cbuild/graph/diagnostic.h"
#include "cbuild/graph/graph.h"
#include "cbuild/ops/run_settings.h"
#include "cbuild/solver/vertex_error.h"
#include "src/build/planned_build.h"

namespace cbuild::build {

namespace {

/// Where `word` of an instruction stands; the instruction when it is none of them.
graph::SourceRange range_of(const Place& place, bool is_source, const std::string& word) {
  for (const graph::WrittenWord& written : place.words) {
    // A source is nothing but its one word.
    if (is_source || (!word.empty() && written.text == word)) return written.range;
  }
  return place.range;
}

}  // namespace

graph::Diagnostic diagnostic_of(const PlannedBuild& build,
                                const graph::Graph& graph,
                                const solver::VertexError& error) {
  const bool is_source = graph::is_source(graph[error.vertex()].op);
  return {.range = range_of(build.place_of(graph, error.vertex()), is_source, error.subject()),
          .message = error.what(),
          .hint = error.hint()};
}

std::string missing_loan(const ops::RunSettings& settings,
                         const graph::Graph& graph,
                         graph::VertexId vertex) {
  const auto* exec = std::get_if<graph::Exec>(&graph[vertex].op);
  if (exec == nullptr) return {};
  for (const graph::ExecMount& mount : exec->mounts) {
    using Type = graph::ExecMount::Type;
    if (mount.type == Type::secret && !settings.secrets.contains(mount.id))
      return fmt::format("the step has no secret '{0}': --secret id={0},src=FILE", mount.id);
    if (mount.type == Type::ssh && !settings.ssh.contains(mount.id))
      return fmt::format("the step has no ssh agent '{0}': --ssh {0}", mount.id);
  }
  return {};
}

}  // namespace cbuild::build
