// The facts about an instruction that the generic code needs: how it is read, what it changes.
#pragma once

#include <span>
#include <string_view>

namespace cbuild::frontend {

/// A flag of an instruction.
struct FlagRule {
  enum class Type { boolean, text, list };
  std::string_view name;
  Type type;
};

/// The way in which the arguments of an instruction are split.
enum class ArgumentForm {
  whole,          ///< one argument, with its blanks
  words,          ///< cut at blanks; quotes mean nothing
  quoted_words,   ///< cut at blanks that are neither quoted nor escaped
  pairs,          ///< KEY=VALUE as quoted words, or KEY and VALUE
  json_or_words,  ///< a JSON array of strings, else as `words`
  command,        ///< a JSON array of strings, else text for a shell
  typed_command,  ///< a word, and a command after it
  instruction,    ///< another instruction
};

/// The part of the state that an instruction changes.
enum class Effect {
  stages,  ///< it begins a stage
  config,  ///< only the config of the image
  layer,   ///< the root file system: it counts as a step, as in "[2/5]"
};

/// Each instruction has one, called kTraits.
struct Traits {
  std::string_view keyword;
  ArgumentForm arguments;
  Effect effect;
  std::span<const FlagRule> flags = {};
  bool heredocs = false;  ///< its arguments may name here-documents
};

}  // namespace cbuild::frontend
