// Collects what the rules find; see findings.h.
#include "frontend/dockerfile/lint/findings.h"

#include <algorithm>
#include <tuple>

#include "cbuild/util/text.h"

namespace cbuild::frontend {

namespace {

/// The instruction that `line` belongs to; nullptr between instructions.
const ast::Info* instruction_at(const Ast& ast, int line) {
  const auto after = std::ranges::upper_bound(
      ast.instructions, line, {},
      [](const ast::Instruction& instruction) { return ast::info_of(instruction).range.line; });
  if (after == ast.instructions.begin()) return nullptr;
  const ast::Info& info = ast::info_of(*std::prev(after));
  return line <= info.range.last_line ? &info : nullptr;
}

auto order_of(const Warning& warning) {
  return std::tie(warning.range.line, warning.range.column, warning.rule, warning.message);
}

}  // namespace

void Findings::add(RuleId id, const SourceRange& range, const std::string& message) {
  const Rule& rule = frontend::rule(id);
  if (!options_.wants(rule)) return;
  found_.push_back({.rule = std::string(rule.name), .message = printable(message), .range = range});
}

std::vector<Warning> Findings::take(const Ast& ast) {
  std::erase_if(found_, [&](const Warning& warning) {
    const ast::Info* instruction = instruction_at(ast, warning.range.line);
    return instruction != nullptr && is_silenced(*instruction, warning.rule);
  });
  std::ranges::stable_sort(
      found_, [](const Warning& a, const Warning& b) { return order_of(a) < order_of(b); });
  const auto same = [](const Warning& a, const Warning& b) { return order_of(a) == order_of(b); };
  found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
  return std::move(found_);
}

}  // namespace cbuild::frontend
