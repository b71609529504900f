// Checks a Dockerfile without building it; see check.h.
#include "cbuild/frontend/check.h"

#include <numeric>

#include "frontend/dockerfile/lint/lint.h"
#include "frontend/dockerfile/lower.h"
#include "frontend/dockerfile/parse.h"

namespace cbuild::frontend {

namespace {

std::vector<std::size_t> checked_stages(const Stages& stages, const Options& options) {
  if (!options.target.empty()) return needed_stages(stages, options);
  std::vector<std::size_t> all(stages.all.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// What an unfinished check knows: each part appears when the one before it is done.
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
  known.ast = parse(dockerfile);
  known.options = check_options_of(*known.ast, options);
  known.stages = split_stages(*known.ast, options, &known.seen);
  known.linted = checked_stages(*known.stages, options);
  Lowering lowering(*known.ast, *known.stages, options, resolver, known.seen);
  for (const std::size_t index : known.linted)
    lowering.stage(index);
}

}  // namespace

CheckResult check(std::string_view dockerfile, const Options& options, ImageResolver& resolver) {
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
  return result;
}

}  // namespace cbuild::frontend
