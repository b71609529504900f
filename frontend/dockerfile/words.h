// The words of an instruction, sorted by what lowering does with them.
#pragma once

#include <optional>
#include <vector>

#include "frontend/dockerfile/ast_parts.h"

namespace cbuild::frontend::ast {

/// Filled by the collect() of an instruction. Points into the instruction.
struct Words {
  /// Variables expand in these within the stage. In order of the file.
  std::vector<const Word*> expanding;
  /// Each names a stage, an image or a context: --from, from=. Never a variable.
  std::vector<const Word*> origins;
  /// Bodies that become files; variables expand in them.
  std::vector<const Heredoc*> files;
  /// Bodies that the shell of a step reads.
  std::vector<const Heredoc*> scripts;

  void expands(const Word& word) { expanding.push_back(&word); }

  void expands(const std::optional<Word>& word) {
    if (word) expands(*word);
  }

  void expands(const std::vector<Word>& words) {
    for (const Word& word : words)
      expands(word);
  }

  void expands(const std::vector<KeyValue>& pairs) {
    for (const KeyValue& pair : pairs) {
      expands(pair.key);
      expands(pair.value);
    }
  }

  void origin(const std::optional<Word>& word) {
    if (word) origins.push_back(&*word);
  }

  static void add(std::vector<const Heredoc*>& list, const std::vector<Heredoc>& heredocs) {
    for (const Heredoc& heredoc : heredocs)
      list.push_back(&heredoc);
  }
};

}  // namespace cbuild::frontend::ast
