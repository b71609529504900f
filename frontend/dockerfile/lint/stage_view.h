// A stage of a Dockerfile as its rules see it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "frontend/dockerfile/lint/shell_commands.h"
#include "frontend/dockerfile/observations.h"

namespace cbuild::frontend {

class ContextFiles;
struct LintInput;
struct Stage;

namespace ast {
struct Instruction;
struct Run;
struct Word;
}  // namespace ast

struct StageView {
  const LintInput& input;
  const Stage& stage;
  StageStart start;
  bool in_image = false;  ///< its layers are those of the target
  std::map<const ast::Run*, std::vector<ScriptCommand>> scripts = {};  ///< of all its RUN

  /// The word with its variables expanded, as far as it was lowered.
  std::string value(const ast::Word& word) const;

  /// Those of the stage, without the FROM.
  const std::vector<const ast::Instruction*>& instructions() const noexcept;

  /// nullptr when nothing is known of the build context.
  const ContextFiles* context_files() const noexcept;
};

}  // namespace cbuild::frontend
