// Tells which lines of the Dockerfile failed; see failure.h.
#include "src/build/failure.h"

#include <algorithm>
#include <utility>

namespace cbuild::build {

namespace {

/// Where `word` of the instruction stands; the instruction when it is none of them.
frontend::SourceRange range_of(const graph::Vertex& vertex, const std::string& word) {
  const bool is_all = graph::is_source(vertex.op);  // it is nothing but its one word
  for (const graph::WrittenWord& written : vertex.words) {
    if ((word.empty() || written.text != word) && !is_all) continue;
    return {written.line, std::max(written.line, written.last_line), written.column,
            written.end_column};
  }
  return {vertex.line, std::max(vertex.line, vertex.last_line), 0, 0};
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

frontend::Fault fault_of(const Plan& plan, const solver::VertexError& error) {
  return {range_of(plan.graph[error.vertex()], error.word()), error.what(), error.hint()};
}

/// What is said of a file of the context needs no warning beside it.
void report_other_findings(const Request& request,
                           const Plan& plan,
                           const std::vector<frontend::Fault>& faults) {
  if (!request.on_findings) return;
  std::vector<frontend::Warning> findings = plan.warnings;
  std::erase_if(findings, [&](const frontend::Warning& finding) {
    return finding.rule == "CopyIgnoredFile" &&
           std::ranges::any_of(faults, [&](const frontend::Fault& fault) {
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
  std::vector<frontend::Fault> faults = {fault_of(plan, error)};
  for (const solver::VertexError& other : others) {
    frontend::Fault fault = fault_of(plan, other);
    // Of several platforms each has it.
    const bool is_known = std::ranges::any_of(faults, [&](const frontend::Fault& known) {
      return known.range.line == fault.range.line && known.message == fault.message;
    });
    if (!is_known) faults.push_back(std::move(fault));
  }
  report_other_findings(request, plan, faults);
  std::ranges::stable_sort(faults, {}, [](const frontend::Fault& fault) {
    return std::pair(fault.range.line, fault.range.column);
  });
  const frontend::Fault last = std::move(faults.back());
  faults.pop_back();
  const frontend::DockerfileError all(last.range, last.message, std::move(faults));
  Error told(error.kind(), "{}", last.message);
  const std::string loan = missing_loan(request, plan.graph[error.vertex()]);
  told.with_hint(last.hint.empty() ? loan : last.hint);
  throw BuildFailed(told, frontend::excerpt(request.dockerfile_name, request.dockerfile, all));
}

}  // namespace cbuild::build
