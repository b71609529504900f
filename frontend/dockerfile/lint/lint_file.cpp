// Rules about instructions as they are written.
#include <fmt/core.h>

#include <algorithm>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/lint/checks.h"
#include "frontend/dockerfile/lint/findings.h"
#include "frontend/dockerfile/lint/lint_input.h"
#include "frontend/dockerfile/syntax.h"

namespace cbuild::frontend {

namespace {

bool is_lower(std::string_view text) {
  return text == to_lower(text);
}

bool is_upper(std::string_view text) {
  return text == to_upper(text);
}

void check_as(const ast::From& from, Findings& findings) {
  const std::string& keyword = from.info.keyword;
  const std::string& as = from.as_keyword;
  // A keyword of mixed case is another rule's business.
  if (as.empty() || (!is_lower(keyword) && !is_upper(keyword))) return;
  if (is_lower(keyword) ? is_lower(as) : is_upper(as)) return;
  findings.add(RuleId::from_as_casing, from.info.range,
               fmt::format("'{}' and '{}' keywords' casing do not match", as, keyword));
}

void check_legacy(const ast::Info& info,
                  std::string_view name,
                  bool is_legacy,
                  Findings& findings) {
  if (!is_legacy) return;
  findings.add(RuleId::legacy_key_value_format, info.range,
               fmt::format("\"{0} key=value\" should be used instead of legacy \"{0} key value\" "
                           "format",
                           name));
}

/// The comment right above is meant as a description, but names none of `names`.
void check_description(const ast::Info& info,
                       const std::vector<std::string>& names,
                       Findings& findings) {
  if (info.comments.empty() || names.empty()) return;
  const std::string& comment = info.comments.back().text;
  if (comment.empty()) return;  // "#" alone: what stands above it is no description
  const std::string first = comment.substr(0, comment.find(' '));
  if (std::ranges::find(names, first) != names.end()) return;
  if (equals_ignoring_case(first.substr(0, 6), "check=")) return;
  findings.add(RuleId::invalid_definition_description, info.range,
               fmt::format("Comment for {} should follow the format: `# {} <description>`",
                           to_upper(info.keyword), names.size() == 1 ? names[0] : "<arg_key>"));
}

void check_from(const ast::From& from, Findings& findings) {
  check_as(from, findings);
  if (!is_lower(from.stage_as_written.text)) {
    findings.add(RuleId::stage_name_casing, from.stage_as_written.range,
                 fmt::format("Stage name '{}' should be lowercase", from.stage_as_written.text));
  }
  if (!from.stage.empty()) check_description(from.info, {from.stage}, findings);
}

void check_arg(const ast::Arg& arg, Findings& findings) {
  std::vector<std::string> names;
  for (const ast::ArgDeclaration& declaration : arg.declarations)
    names.push_back(declaration.name.text);
  check_description(arg.info, names, findings);
}

/// The instructions that a rule of this file is about; the others may be written as they like.
void check_one(const ast::Instruction& instruction, Findings& findings) {
  if (const auto* from = std::get_if<ast::From>(&instruction)) check_from(*from, findings);
  if (const auto* arg = std::get_if<ast::Arg>(&instruction)) check_arg(*arg, findings);
  if (const auto* env = std::get_if<ast::Env>(&instruction))
    check_legacy(env->info, "ENV", env->legacy, findings);
  if (const auto* label = std::get_if<ast::Label>(&instruction))
    check_legacy(label->info, "LABEL", label->legacy, findings);
  if (const auto* maintainer = std::get_if<ast::Maintainer>(&instruction)) {
    findings.add(RuleId::maintainer_deprecated, maintainer->info.range,
                 "Maintainer instruction is deprecated in favor of using label");
  }
}

/// The keyword in the first line of the instruction; all of it when it is not there.
graph::SourceRange keyword_range(std::string_view first_line, const ast::Info& info) {
  const auto begin = first_line.find(info.keyword);
  if (begin == std::string_view::npos) return info.range;
  const int column = static_cast<int>(begin) + 1;
  return {.line = info.range.line,
          .last_line = info.range.line,
          .column = column,
          .end_column = column + static_cast<int>(info.keyword.size())};
}

/// Goes through the lines of a text once, in order.
class LineCursor {
 public:
  explicit LineCursor(std::string_view text) : rest_(text) {}

  /// @pre not before the line asked for last
  std::string_view line(int number) {
    while (number_ < number && !rest_.empty()) {
      const auto end = rest_.find('\n');
      line_ = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      ++number_;
    }
    return line_;
  }

 private:
  std::string_view rest_;
  std::string_view line_;
  int number_ = 0;
};

}  // namespace

void check_instruction_casing(const LintInput& input, Findings& findings) {
  std::size_t lower = 0;
  std::size_t upper = 0;
  for (const ast::Instruction& instruction : input.ast.instructions) {
    const std::string& keyword = ast::info_of(instruction).keyword;
    lower += is_lower(keyword) ? 1 : 0;
    upper += is_upper(keyword) ? 1 : 0;
  }
  const bool want_lower = lower > upper;
  LineCursor lines(input.text);
  for (const ast::Instruction& instruction : input.ast.instructions) {
    const ast::Info& info = ast::info_of(instruction);
    if (want_lower ? is_lower(info.keyword) : is_upper(info.keyword)) continue;
    findings.add(RuleId::consistent_instruction_casing,
                 keyword_range(lines.line(info.range.line), info),
                 fmt::format("Command '{}' should match the case of the command majority ({})",
                             info.keyword, want_lower ? "lowercase" : "uppercase"));
  }
}

void check_writing(const LintInput& input, Findings& findings) {
  if (const auto warning = check_syntax(input.ast.directives, input.options))
    findings.add(RuleId::unknown_syntax, warning->range, warning->message);
  for (const graph::Diagnostic& warning : input.ast.warnings)
    findings.add(RuleId::no_empty_continuation, warning.range, warning.message);
  for (const ast::Instruction& instruction : input.ast.instructions)
    check_one(instruction, findings);
}

}  // namespace cbuild::frontend
