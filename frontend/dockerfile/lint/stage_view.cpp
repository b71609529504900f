// A stage as its rules see it; see stage_view.h.
#include "frontend/dockerfile/lint/stage_view.h"

#include "cbuild/frontend/options.h"
#include "frontend/dockerfile/ast_parts.h"
#include "frontend/dockerfile/lint/lint_input.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

std::string StageView::value(const ast::Word& word) const {
  const auto found = input.seen.expanded.find(&word);
  return found == input.seen.expanded.end() ? word.text : found->second;
}

const std::vector<const ast::Instruction*>& StageView::instructions() const noexcept {
  return stage.instructions;
}

const ContextFiles* StageView::context_files() const noexcept {
  return input.options.context_files;
}

}  // namespace cbuild::frontend
