// Reads a Dockerfile, and lowers or checks it; see dockerfile.h.
#include "cbuild/frontend/dockerfile.h"

#include <optional>
#include <utility>
#include <vector>

#include "cbuild/frontend/check_result.h"
#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/base_images.h"
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
#include "frontend/dockerfile/unused_arguments.h"

namespace cbuild::frontend {

struct Dockerfile::Parsed {
  std::string text;
  Faults ill_formed = {};  ///< instructions that are not in the Ast
  Ast ast = {};
};

namespace {

Stages split(const Ast& ast, const Options& options, Faults& faults, Observations& seen) {
  const std::size_t ill_formed = faults.size();
  Stages stages = split_stages(ast, options, faults, &seen);
  if (faults.size() > ill_formed) faults.throw_if_any();  // which stages are needed is not known
  return stages;
}

/// Sets `platform` to `asked`, unless `asked` is the same one with its variant left open.
void set_platform(oci::Platform& platform, const oci::Platform& asked) {
  const bool same = platform.os == asked.os && platform.architecture == asked.architecture;
  if (same && asked.variant.empty() && asked.os_version.empty()) return;
  platform = asked;
}

/// All of the result but its graph and its warnings.
Lowered result_of(const StageState& target, const Options& options) {
  Lowered lowered;
  lowered.root = target.root;
  lowered.config = target.config;
  if (options.platform_given) set_platform(lowered.config.platform, options.platform);
  for (const auto& [name, value] : options.labels)
    lowered.config.config.labels[name] = value;
  target.growth.check(lowered.config);
  lowered.base_history = target.base_history;
  lowered.layers = target.layers;
  return lowered;
}

}  // namespace

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
  Observations seen;
  const Stages stages = split(ast, options, faults, seen);
  const std::vector<std::size_t> needed = needed_stages(stages, options);
  check_stages(stages, needed, options, ast.directives.escape, faults);
  faults.throw_if_any();
  const CheckOptions check_options = check_options_of(ast, options);
  const auto linted = known_images != nullptr ? linted_stages(stages, options) : needed;
  BaseImages images(stages, resolver);
  graph::Graph graph;
  graph.reserve(ast.instructions.size());
  Lowering lowering({stages, options, ast.directives.escape, images, graph, seen}, lower_stage);
  Lowered lowered = result_of(lowering.target(), options);
  lowered.unused_build_args =
      unused_arguments(ast, options, stages.globals, lowering.consumed_arguments());
  lowered.source_date_epoch = stages.globals.find("SOURCE_DATE_EPOCH");
  if (linted.size() > needed.size()) {
    lowered.graph = graph;
    images.ask(*known_images);
    lowering.observe(linted);
  } else {
    lowered.graph = std::move(graph);
  }
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

CheckResult Dockerfile::check(const Options& given, ImageResolver& resolver) const {
  Options options = given;
  options.is_to_be_built = false;
  const Ast& ast = parsed_->ast;
  CheckResult result;
  // As far as the check gets, each is set when the one before it is done.
  CheckOptions check_options;
  Observations seen;
  std::optional<Stages> stages;
  std::vector<std::size_t> linted;
  try {
    Faults faults = parsed_->ill_formed;
    if (faults.blocking()) faults.throw_if_any();
    check_options = check_options_of(ast, options);
    stages = split(ast, options, faults, seen);
    linted = linted_stages(*stages, options);
    check_stages(*stages, linted, options, ast.directives.escape, faults);
    faults.throw_if_any();
    BaseImages images(*stages, resolver);
    graph::Graph graph;
    Lowering lowering({*stages, options, ast.directives.escape, images, graph, seen}, lower_stage);
    for (const std::size_t index : linted)
      lowering.stage(index);
  } catch (const DockerfileError& error) {
    result.error = error;
  }
  result.findings = lint({.text = parsed_->text,
                          .ast = ast,
                          .stages = stages ? &*stages : nullptr,
                          .linted = linted,
                          .seen = seen,
                          .options = options,
                          .check = check_options});
  result.findings_are_errors = check_options.error;
  return result;
}

}  // namespace cbuild::frontend
