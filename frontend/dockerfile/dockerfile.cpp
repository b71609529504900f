// Reads a Dockerfile and lowers it; see dockerfile.h.
#include "cbuild/frontend/dockerfile.h"

#include <utility>

#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/check_stages.h"
#include "frontend/dockerfile/faults.h"
#include "frontend/dockerfile/lint/check_options.h"
#include "frontend/dockerfile/lint/lint.h"
#include "frontend/dockerfile/lint/lint_input.h"
#include "frontend/dockerfile/lowering.h"
#include "frontend/dockerfile/observations.h"
#include "frontend/dockerfile/parse.h"
#include "frontend/dockerfile/stage_lowering.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

struct Dockerfile::Parsed {
  std::string text;
  Faults ill_formed = {};  ///< instructions that are not in the Ast
  Ast ast = {};
};

Dockerfile::Dockerfile(std::string text) {
  auto parsed = std::make_unique<Parsed>(Parsed{std::move(text)});
  parsed->ast = parse(parsed->text, parsed->ill_formed);
  parsed_ = std::move(parsed);
}

Dockerfile::Dockerfile(Dockerfile&&) noexcept = default;
Dockerfile& Dockerfile::operator=(Dockerfile&&) noexcept = default;
Dockerfile::~Dockerfile() = default;

Lowered Dockerfile::lower(const Options& options,
                          ImageResolver& resolver,
                          ImageResolver* known_images) const {
  const Ast& ast = parsed_->ast;
  Faults faults = parsed_->ill_formed;
  if (faults.blocking()) faults.throw_if_any();
  const std::size_t ill_formed = faults.size();
  Observations seen;
  const Stages stages = split_stages(ast, options, faults, &seen);
  if (faults.size() > ill_formed) faults.throw_if_any();  // which stages are needed is not known
  const std::vector<std::size_t> needed = needed_stages(stages, options);
  check_stages(stages, needed, options, ast.directives.escape, faults);
  faults.throw_if_any();
  const CheckOptions check_options = check_options_of(ast, options);
  const auto linted = known_images != nullptr ? linted_stages(stages, options) : needed;
  Lowering lowering({ast, stages, options, resolver}, lower_stage, seen);
  Lowered lowered = lowering.lower_target();
  if (linted.size() > needed.size()) lowering.observe(linted, *known_images);
  lowered.warnings = lint({.text = parsed_->text,
                           .ast = ast,
                           .stages = &stages,
                           .linted = linted,
                           .seen = seen,
                           .options = options,
                           .check = check_options});
  lowered.warnings_are_errors = check_options.error;
  return lowered;
}

}  // namespace cbuild::frontend
