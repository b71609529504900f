// Splits an instruction into keyword, flags and arguments, for the parse() of each instruction.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/graph/diagnostic.h"
#include "frontend/dockerfile/lines.h"

namespace cbuild::frontend {

struct FlagRule;

/// A word without its quotes and escapes that still knows where each byte came from.
struct UnquotedWord {
  std::string text;
  std::vector<std::size_t> offsets;  ///< in the text of the logical line, one a byte

  void append(char c, std::size_t offset) {
    text += c;
    offsets.push_back(offset);
  }

  /// text[begin, end) with its place in the file. `begin` may be the end of the text.
  ast::Word slice(const LogicalLine& line, std::size_t begin, std::size_t end) const;
  UnquotedWord part(std::size_t begin, std::size_t end) const;
};

/// Keyword, flags and arguments of one instruction. Refers to its logical line.
struct Statement {
  const LogicalLine* line = nullptr;
  char escape = '\\';
  std::size_t begin = 0;  ///< of the keyword in the line's text
  std::string_view keyword;
  std::vector<UnquotedWord> flags;  ///< "--name=value"
  /// The arguments, blanks at both ends gone; may be empty.
  std::size_t args_begin = 0;
  std::size_t args_end = 0;
  std::vector<ast::Heredoc> heredocs;

  std::string_view args() const {
    return std::string_view(line->text).substr(args_begin, args_end - args_begin);
  }

  /// Lines of the whole instruction, as far as they have been read.
  SourceRange range() const {
    return {.line = line->first_line, .last_line = line->last_line, .column = 0, .end_column = 0};
  }

  SourceRange keyword_range() const { return line->range(begin, begin + keyword.size()); }

  /// All arguments as one word.
  ast::Word args_word() const { return line->word(args_begin, args_end); }

  /// The arguments cut at blanks; quotes mean nothing.
  std::vector<ast::Word> blank_separated() const;

  /// The arguments cut at blanks that are neither quoted nor escaped.
  std::vector<ast::Word> quoted_words() const;

  /// An error about the whole instruction.
  DockerfileError error(const std::string& message) const { return {range(), message}; }
};

/// Cuts `line` from `begin` on. Heredocs are not looked for.
Statement split_statement(const LogicalLine& line, std::size_t begin, char escape);

/// The flags of a statement, checked against what its instruction knows.
class Flags {
 public:
  /// @throws DockerfileError at an unknown or repeated flag and at a missing or wrong value
  Flags(const Statement& statement, std::span<const FlagRule> rules);

  std::optional<bool> boolean(std::string_view name) const;
  /// nullopt also for `--name=`: a flag of nothing is not there.
  std::optional<ast::Word> text(std::string_view name) const;
  /// The same, but `--name=` is an empty word.
  std::optional<ast::Word> text_or_empty(std::string_view name) const;
  std::vector<UnquotedWord> list(std::string_view name) const;
  std::vector<ast::Word> words(std::string_view name) const;

 private:
  struct Flag {
    const FlagRule* rule;
    UnquotedWord value;
    ast::Word word;  ///< the value
  };

  void add(const Statement& statement, std::span<const FlagRule> rules, const UnquotedWord& flag);

  const LogicalLine* line_;
  std::vector<Flag> flags_;
};

}  // namespace cbuild::frontend
