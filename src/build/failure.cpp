// Tells which lines of the Dockerfile failed; see failure.h.
#include "src/build/failure.h"

#include <algorithm>
#include <utility>

#include "cbuild/build/build_failed.h"
#include "cbuild/build/request.h"
#include "cbuild/solver/vertex_error.h"

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

/// The hint for a failed step whose secret or agent was not given: the mount is optional, but the
/// step may need it.
std::string missing_loan(const Request& request, const graph::Vertex& vertex) {
  const auto* exec = std::get_if<graph::Exec>(&vertex.op);
  if (exec == nullptr) return {};
  for (const graph::ExecMount& mount : exec->mounts) {
    using Type = graph::ExecMount::Type;
    if (mount.type == Type::secret && !request.run.secrets.contains(mount.id))
      return fmt::format("the step has no secret '{0}': --secret id={0},src=FILE", mount.id);
    if (mount.type == Type::ssh && !request.run.ssh.contains(mount.id))
      return fmt::format("the step has no ssh agent '{0}': --ssh {0}", mount.id);
  }
  return {};
}

graph::Diagnostic diagnostic_of(const PlannedBuild& build,
                                const graph::Graph& graph,
                                const solver::VertexError& error) {
  const bool is_source = graph::is_source(graph[error.vertex()].op);
  return {.range = range_of(build.place_of(graph, error.vertex()), is_source, error.subject()),
          .message = error.what(),
          .hint = error.hint()};
}

/// Reports the findings of the rules, without a warning about a file that an error names already.
void report_other_findings(const PlannedBuild& build,
                           const std::vector<graph::Diagnostic>& faults) {
  if (!build.request.on_findings) return;
  std::vector<graph::Diagnostic> findings = build.warnings;
  std::erase_if(findings, [&](const graph::Diagnostic& finding) {
    return finding.rule == "CopyIgnoredFile" &&
           std::ranges::any_of(faults, [&](const graph::Diagnostic& fault) {
             return fault.range.line == finding.range.line;
           });
  });
  build.request.on_findings(findings);
}

}  // namespace

[[noreturn]] void fail(const PlannedBuild& build,
                       const graph::Graph& graph,
                       const solver::VertexError& error,
                       const std::vector<solver::VertexError>& others) {
  if (build.place_of(graph, error.vertex()).range.line == 0) throw error;
  std::vector<graph::Diagnostic> faults = {diagnostic_of(build, graph, error)};
  for (const solver::VertexError& other : others) {
    graph::Diagnostic fault = diagnostic_of(build, graph, other);
    // Of several platforms each has it.
    const bool is_known = std::ranges::any_of(faults, [&](const graph::Diagnostic& known) {
      return known.range.line == fault.range.line && known.message == fault.message;
    });
    if (!is_known) faults.push_back(std::move(fault));
  }
  report_other_findings(build, faults);
  std::ranges::stable_sort(faults, {}, [](const graph::Diagnostic& fault) {
    return std::pair(fault.range.line, fault.range.column);
  });
  const graph::Diagnostic& last = faults.back();
  Error told(error.kind(), "{}", last.message);
  const std::string loan = missing_loan(build.request, graph[error.vertex()]);
  told.with_hint(last.hint.empty() ? loan : last.hint);
  const Request& request = build.request;
  throw BuildFailed(told, request.dockerfile_name, request.dockerfile, std::move(faults));
}

}  // namespace cbuild::build
