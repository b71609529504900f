// Tells which lines of the Dockerfile failed; see failure.h.
#include "src/build/failure.h"

#include <algorithm>
#include <utility>

#include "cbuild/build/build_failed.h"
#include "cbuild/build/request.h"
#include "cbuild/solver/vertex_error.h"
#include "src/build/planned_build.h"
#include "src/build/step_fault.h"

namespace cbuild::build {

namespace {

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
  const std::string loan = missing_loan(build.request.run, graph, error.vertex());
  told.with_hint(last.hint.empty() ? loan : last.hint);
  const Request& request = build.request;
  throw BuildFailed(told, request.dockerfile_name, request.dockerfile, std::move(faults));
}

}  // namespace cbuild::build
