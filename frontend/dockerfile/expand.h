// Expands variables in words of a Dockerfile as BuildKit's shell lexer does.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::frontend::ast {
struct Heredoc;
struct Word;
}  // namespace cbuild::frontend::ast

namespace cbuild::frontend {

/// The value of a variable; nullopt when it is not set.
using VariableLookup = std::function<std::optional<std::string>(std::string_view)>;

struct ExpandOptions {
  char escape = '\\';
  /// When given: names that were used without any value or default are appended, once each.
  std::vector<std::string>* unset = nullptr;
};

/// No variable stands in it: its value is known without a base image.
bool is_constant(const ast::Word& word);

/// Processes quotes, escapes and variables; the result is one word. All forms:
/// $v ${v} and ${v…} with :- - :+ + :? ? # ## % %% / //
/// @throws DockerfileError at the word: unbalanced quotes or braces, unknown forms, and ${v:?…} of
/// an unset variable
std::string expand_word(const ast::Word& word,
                        const VariableLookup& lookup,
                        const ExpandOptions& options = {});

/// The same, but unquoted blanks, also those out of variables, separate words. No word, or several,
/// may come out.
std::vector<std::string> expand_words(const ast::Word& word,
                                      const VariableLookup& lookup,
                                      const ExpandOptions& options = {});

/// The body of a COPY or ADD heredoc: variables expand, quotes are plain text, and a backslash, the
/// escape here whatever the directive says, takes itself away before every character. Content that
/// must not expand is returned as it is.
std::string expand_heredoc(const ast::Heredoc& heredoc,
                           const VariableLookup& lookup,
                           const ExpandOptions& options = {});

}  // namespace cbuild::frontend
