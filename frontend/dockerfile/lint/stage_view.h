// What the rules look at: the file, and each of its stages.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/dockerfile/lint/shell_commands.h"
#include "frontend/dockerfile/observations.h"

namespace cbuild::frontend {

struct Ast;
struct CheckOptions;
struct Options;
struct Stage;
struct Stages;

struct LintInput {
  std::string_view text;
  const Ast& ast;
  const Stages* stages;             ///< nullptr when the file could not be cut into stages
  std::vector<std::size_t> linted;  ///< the stages that count: needed ones, or all
  const Observations& seen;
  const Options& options;
  const CheckOptions& check;
};

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

}  // namespace cbuild::frontend
