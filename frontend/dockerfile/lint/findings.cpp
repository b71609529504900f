// Collects what the rules find; see findings.h.
#include "frontend/dockerfile/lint/findings.h"

#include <algorithm>
#include <tuple>

#include "cbuild/frontend/rules.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/lint/check_options.h"

namespace cbuild::frontend {

namespace {

/// Says what is silenced by comments above instructions. Quick when asked in order of the file.
class Silence {
 public:
  explicit Silence(const Ast& ast) : ast_(ast) {}

  bool covers(const graph::Diagnostic& warning) {
    const ast::Info* instruction = instruction_at(warning.range.line);
    if (instruction == nullptr || instruction->comments.empty()) return false;
    if (instruction != current_) options_ = check_options_above(*instruction);
    current_ = instruction;
    return options_.skip_all || options_.skip.contains(warning.rule);
  }

 private:
  /// nullptr between instructions.
  const ast::Info* instruction_at(int line) const {
    const auto after = std::ranges::upper_bound(
        ast_.instructions, line, {},
        [](const ast::Instruction& instruction) { return ast::info_of(instruction).range.line; });
    if (after == ast_.instructions.begin()) return nullptr;
    const ast::Info& info = ast::info_of(*std::prev(after));
    return line <= info.range.last_line ? &info : nullptr;
  }

  const Ast& ast_;
  const ast::Info* current_ = nullptr;
  CheckOptions options_;
};

auto order_of(const graph::Diagnostic& warning) {
  return std::tie(warning.range.line, warning.range.column, warning.rule, warning.message);
}

}  // namespace

void Findings::add(RuleId id, const graph::SourceRange& range, const std::string& message) {
  const Rule& rule = frontend::rule(id);
  if (!options_.wants(rule)) return;
  found_.push_back({.severity = graph::Severity::warning,
                    .rule = std::string(rule.name),
                    .range = range,
                    .message = printable(message)});
}

std::vector<graph::Diagnostic> Findings::take(const Ast& ast) {
  std::ranges::stable_sort(found_, [](const graph::Diagnostic& a, const graph::Diagnostic& b) {
    return order_of(a) < order_of(b);
  });
  const auto same = [](const graph::Diagnostic& a, const graph::Diagnostic& b) {
    return order_of(a) == order_of(b);
  };
  found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
  Silence silence(ast);
  std::erase_if(found_, [&](const graph::Diagnostic& warning) { return silence.covers(warning); });
  return std::move(found_);
}

}  // namespace cbuild::frontend
