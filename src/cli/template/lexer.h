// A template's text → words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/cli/template/token.h"

namespace cbuild::cli::templates {

/// Literal text, or the words of one action.
struct Piece {
  std::string text;          ///< trimmed as the actions around it say; not with `words`
  std::vector<Token> words;  ///< the last one is Token::Kind::end; empty = it is text
};

/// What becomes of the two letters \t and \n in a template's text.
enum class Escapes {
  kept,
  replaced,  ///< by tab and newline, as docker has them for lists, for shells do not
};

/// Cuts a template at its actions, as Go's text/template: {{…}}, {{- and -}} with their blanks, and
/// comments, which are left out. Empty texts are left out, too.
/// @param source  outlives nothing: the pieces are copies
/// @throws Error(usage) with the place
std::vector<Piece> cut_template(std::string_view source, Escapes escapes);

/// The words of an action, whose text is source[from, to). @throws Error(usage) with the place
std::vector<Token> cut_action(std::string_view source, std::size_t from, std::size_t to);

}  // namespace cbuild::cli::templates
