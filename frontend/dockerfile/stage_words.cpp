// Expands the words of a stage's instructions; see stage_lowering.h.
#include <algorithm>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast_parts.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/lowering.h"
#include "frontend/dockerfile/observations.h"
#include "frontend/dockerfile/stage_lowering.h"

namespace cbuild::frontend {

char StageLowering::escape() const {
  return in_trigger_ ? '\\' : lowering_.context().escape;
}

SourceRange StageLowering::place_of(const ast::Word& word) const {
  return in_trigger_ ? from_place() : word.range;
}

graph::WrittenWord StageLowering::written(const ast::Word& word, const std::string& text) const {
  return {text, place_of(word)};
}

std::string StageLowering::expand(const ast::Word& word) const {
  const auto lookup = [&](std::string_view name) { return state_.variables.find(name); };
  std::vector<std::string> unset;
  std::string result = expand_word(word, lookup, {.escape = escape(), .unset = &unset});
  static constexpr std::size_t kBytesOfItem = 64;
  lowering_.spend(result.size() / kBytesOfItem, place_of(word));
  report_expansion(word, result, unset);
  return result;
}

std::vector<std::string> StageLowering::expand_words(const ast::Word& word) const {
  const auto lookup = [&](std::string_view name) { return state_.variables.find(name); };
  std::vector<std::string> unset;
  std::vector<std::string> words =
      frontend::expand_words(word, lookup, {.escape = escape(), .unset = &unset});
  report_expansion(word, join(words, " "), unset);
  return words;
}

std::string StageLowering::expand_heredoc(const ast::Heredoc& heredoc) const {
  const auto lookup = [&](std::string_view name) { return state_.variables.find(name); };
  std::vector<std::string> unset;
  std::string text =
      frontend::expand_heredoc(heredoc, lookup, {.escape = escape(), .unset = &unset});
  report_unset(unset, heredoc.range);
  return text;
}

std::vector<std::string> StageLowering::empty_variables(const ast::Word& word) const {
  std::vector<std::string> names;
  const auto lookup = [&](std::string_view name) {
    std::optional<std::string> value = state_.variables.find(name);
    const bool is_new = std::ranges::find(names, name) == names.end();
    if (value.value_or("").empty() && is_new) names.emplace_back(name);
    return value;
  };
  expand_word(word, lookup, {.escape = escape(), .unset = nullptr});
  return names;
}

void StageLowering::report_expansion(const ast::Word& word,
                                     const std::string& result,
                                     const std::vector<std::string>& unset) const {
  if (in_trigger_) return;
  if (result != word.text) lowering_.context().seen.expanded[&word] = result;
  report_unset(unset, word.range);
}

namespace {

/// The variable with the name most like `name`; empty when none is like it.
std::string nearest_variable(const StageState& state, const std::string& name) {
  std::vector<std::string> known = state.variables.names();
  // Nearly every image sets PATH. A name such as GOPATH is no misspelt PATH.
  if (!state.base_known && !name.ends_with("PATH")) known.emplace_back("PATH");
  return nearest(name, known).value_or("");
}

}  // namespace

void StageLowering::report_unset(const std::vector<std::string>& names,
                                 const SourceRange& range) const {
  if (in_trigger_) return;
  for (const std::string& name : names) {
    if (state_.arguments.contains(name)) continue;
    const bool suggest = lowering_.context().seen.unset.size() < kMaxSuggestions;
    lowering_.context().seen.unset.push_back(
        {.name = name,
         .range = range,
         .suggestion = suggest ? nearest_variable(state_, name) : "",
         .base_known = state_.base_known,
         .instruction_line = info_->range.line});
  }
}

}  // namespace cbuild::frontend
