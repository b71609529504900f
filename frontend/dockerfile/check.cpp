// Checks a Dockerfile without building it; see check.h.
#include "cbuild/frontend/check.h"

#include <algorithm>
#include <iterator>

#include "cbuild/frontend/options.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/check_stages.h"
#include "frontend/dockerfile/faults.h"
#include "frontend/dockerfile/lint/check_options.h"
#include "frontend/dockerfile/lint/lint.h"
#include "frontend/dockerfile/lint/lint_input.h"
#include "frontend/dockerfile/lint/rule_id.h"
#include "frontend/dockerfile/lowering.h"
#include "frontend/dockerfile/observations.h"
#include "frontend/dockerfile/parse.h"
#include "frontend/dockerfile/stage_lowering.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

namespace {

/// Results of a check as far as it got: each part is set when the one before it is done.
struct Progress {
  std::optional<Ast> ast;
  CheckOptions options;
  Observations seen;
  std::optional<Stages> stages;
  std::vector<std::size_t> linted;
};

void read(std::string_view dockerfile,
          const Options& options,
          ImageResolver& resolver,
          Progress& known) {
  Faults faults;
  known.ast = parse(dockerfile, faults);
  if (faults.blocking()) faults.throw_if_any();
  known.options = check_options_of(*known.ast, options);
  const std::size_t ill_formed = faults.size();
  Stages stages = split_stages(*known.ast, options, faults, &known.seen);
  if (faults.size() > ill_formed) faults.throw_if_any();
  known.stages = std::move(stages);
  known.linted = linted_stages(*known.stages, options);
  check_stages(*known.stages, known.linted, options, known.ast->directives.escape, faults);
  faults.throw_if_any();
  Lowering lowering({*known.ast, *known.stages, options, resolver}, lower_stage, known.seen);
  for (const std::size_t index : known.linted)
    lowering.stage(index);
}

}  // namespace

CheckResult check(std::string_view dockerfile, const Options& given, ImageResolver& resolver) {
  Options options = given;
  options.is_to_be_built = false;
  CheckResult result;
  Progress known;
  try {
    read(dockerfile, options, resolver, known);
  } catch (const DockerfileError& error) {
    result.error = error;
  }
  if (!known.ast) return result;
  result.findings = lint({.text = dockerfile,
                          .ast = *known.ast,
                          .stages = known.stages ? &*known.stages : nullptr,
                          .linted = known.linted,
                          .seen = known.seen,
                          .options = options,
                          .check = known.options});
  result.findings_are_errors = known.options.error;
  return result;
}

std::vector<Diagnostic> violations_among(std::span<const Diagnostic> findings) {
  std::vector<Diagnostic> violations;
  std::ranges::copy_if(findings, std::back_inserter(violations),
                       [](const Diagnostic& finding) { return is_of_buildkit(finding.rule); });
  return violations;
}

std::string text_of(std::span<const Diagnostic> violations) {
  std::vector<std::string> names;
  for (const Diagnostic& one : violations) {
    if (std::ranges::find(names, one.rule) == names.end()) names.push_back(one.rule);
  }
  return "lint violation found for rules: " + join(names, ", ");
}

}  // namespace cbuild::frontend
