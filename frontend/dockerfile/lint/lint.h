// Runs the rules over a Dockerfile. Every rule is a function; each file holds those about one
// thing.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/dockerfile/lint/findings.h"
#include "frontend/dockerfile/lint/shell_commands.h"
#include "frontend/dockerfile/observations.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

struct LintInput {
  std::string_view text;
  const Ast& ast;
  const Stages* stages;             ///< nullptr when the file could not be cut into stages
  std::vector<std::size_t> linted;  ///< the stages that count: needed ones, or all
  const Observations& seen;
  const Options& options;
  const CheckOptions& check;
};

/// All rules. In order of the file.
std::vector<Diagnostic> lint(const LintInput& input);

/// A stage as its rules see it.
struct StageView {
  const LintInput& input;
  const Stage& stage;
  StageStart start;
  bool in_image = false;  ///< its layers are those of the target
  std::map<const ast::Run*, std::vector<ScriptCommand>> scripts = {};  ///< of all its RUN

  /// The word with its variables expanded, as far as it was lowered.
  std::string value(const ast::Word& word) const;
};

// lint_characters.cpp
void check_characters(std::string_view text, Findings& findings);

// lint_file.cpp: what the instructions tell by themselves
void check_instruction_casing(const LintInput& input, Findings& findings);
void check_writing(const LintInput& input, Findings& findings);

// lint_from.cpp
void check_stage_names(const LintInput& input, Findings& findings);
void check_base_names(const LintInput& input, Findings& findings);
void check_platform_flag(const StageView& view, Findings& findings);
void check_base_platform(const StageView& view, Findings& findings);

// lint_variables.cpp
void check_undefined_variables(const LintInput& input, Findings& findings);
void check_secrets(const LintInput& input, Findings& findings);

// lint_metadata.cpp
void check_commands(const StageView& view, Findings& findings);
void check_workdir(const StageView& view, Findings& findings);
void check_expose(const StageView& view, Findings& findings);

// lint_copy.cpp
void check_ignored_files(const StageView& view, Findings& findings);
void check_copy_before_install(const StageView& view, Findings& findings);

// lint_rewritten.cpp
void check_rewritten_files(const StageView& view, Findings& findings);

// lint_packages.cpp
void check_package_lists(const StageView& view, Findings& findings);
void check_cache_mounts(const StageView& view, Findings& findings);

}  // namespace cbuild::frontend
