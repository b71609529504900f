// What the rules look at; see stage_view.h.
#include "frontend/dockerfile/lint/stage_view.h"

namespace cbuild::frontend {

std::string StageView::value(const ast::Word& word) const {
  const auto found = input.seen.expanded.find(&word);
  return found == input.seen.expanded.end() ? word.text : found->second;
}

}  // namespace cbuild::frontend
