// Tells which lines of the Dockerfile failed; see failure.h.
#include "src/build/failure.h"

#include <algorithm>
#include <utility>

#include "cbuild/build/build_failed.h"
#include "cbuild/frontend/excerpt.h"

namespace cbuild::build {

namespace {

/// Where `word` of the instruction stands; the instruction when it is none of them.
graph::SourceRange range_of(const graph::Vertex& vertex, const std::string& word) {
  const bool is_all = graph::is_source(vertex.op);  // it is nothing but its one word
  for (const graph::WrittenWord& written : vertex.words) {
    if ((word.empty() || written.text != word) && !is_all) continue;
    return written.range;
  }
  return vertex.range;
}

/// A step that failed may have missed what was not lent to it, though it need not have it.
std::string missing_loan(const Request& request, const graph::Vertex& vertex) {
  const auto* exec = std::get_if<graph::Exec>(&vertex.op);
  if (exec == nullptr) return {};
  for (const graph::ExecMount& mount : exec->mounts) {
    using Type = graph::ExecMount::Type;
    if (mount.type == Type::secret && !request.run.secrets.contains(mount.id))
      return fmt::format("the step was lent no secret '{0}': --secret id={0},src=FILE", mount.id);
    if (mount.type == Type::ssh && !request.run.ssh.contains(mount.id))
      return fmt::format("the step was lent no ssh agent '{0}': --ssh {0}", mount.id);
  }
  return {};
}

graph::Diagnostic diagnostic_of(const Plan& plan, const solver::VertexError& error) {
  return {.range = range_of(plan.graph[error.vertex()], error.subject()),
          .message = error.what(),
          .hint = error.hint()};
}

/// What is said of a file of the context needs no warning beside it.
void report_other_findings(const Request& request,
                           const Plan& plan,
                           const std::vector<graph::Diagnostic>& faults) {
  if (!request.on_findings) return;
  std::vector<graph::Diagnostic> findings = plan.warnings;
  std::erase_if(findings, [&](const graph::Diagnostic& finding) {
    return finding.rule == "CopyIgnoredFile" &&
           std::ranges::any_of(faults, [&](const graph::Diagnostic& fault) {
             return fault.range.line == finding.range.line;
           });
  });
  request.on_findings(findings);
}

}  // namespace

[[noreturn]] void fail(const Request& request,
                       const Plan& plan,
                       const solver::VertexError& error,
                       const std::vector<solver::VertexError>& others) {
  std::vector<graph::Diagnostic> faults = {diagnostic_of(plan, error)};
  for (const solver::VertexError& other : others) {
    graph::Diagnostic fault = diagnostic_of(plan, other);
    // Of several platforms each has it.
    const bool is_known = std::ranges::any_of(faults, [&](const graph::Diagnostic& known) {
      return known.range.line == fault.range.line && known.message == fault.message;
    });
    if (!is_known) faults.push_back(std::move(fault));
  }
  report_other_findings(request, plan, faults);
  std::ranges::stable_sort(faults, {}, [](const graph::Diagnostic& fault) {
    return std::pair(fault.range.line, fault.range.column);
  });
  const graph::Diagnostic& last = faults.back();
  Error told(error.kind(), "{}", last.message);
  const std::string loan = missing_loan(request, plan.graph[error.vertex()]);
  told.with_hint(last.hint.empty() ? loan : last.hint);
  throw BuildFailed(told, frontend::excerpt(request.dockerfile_name, request.dockerfile, faults));
}

}  // namespace cbuild::build
