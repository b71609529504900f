// Facts that splitting and lowering find out and that the text alone does not show: for the rules.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/graph/source_range.h"
#include "cbuild/oci/platform.h"

namespace cbuild::frontend {

namespace ast {
struct Word;
}

/// A variable that was used where nothing gives it a value.
struct UnsetVariable {
  std::string name;
  graph::SourceRange range;  ///< of the word that uses it
  std::string suggestion;    ///< the nearest name that is in force; empty = none
  bool base_known = true;    ///< false: the base image, of which nothing is known, may set it
  int instruction_line = 0;  ///< where the instruction begins
};

/// A stage before its first instruction.
struct StageStart {
  bool has_shell = false;   ///< the base has a SHELL of its own
  std::string working_dir;  ///< empty = "/", or nothing is known of the base
  /// Of the base image; nullopt when there is none, or nothing is known of it.
  std::optional<oci::Platform> base_platform;
};

/// Suggestions are looked for this often: a hostile file must not make it slow.
inline constexpr std::size_t kMaxSuggestions = 100;

/// Filled by split_stages() and Lowering; refers to words of the Ast, which must outlive it.
struct Observations {
  std::vector<UnsetVariable> unset_in_from;
  std::vector<UnsetVariable> unset;
  /// Values of words after expansion, where they differ from the text.
  std::map<const ast::Word*, std::string> expanded;
  std::map<std::size_t, StageStart> stages;  ///< those that were lowered, by index
};

}  // namespace cbuild::frontend
