// Finds here-documents among the words of RUN, COPY and ADD.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace cbuild::frontend::ast {
struct Heredoc;
}

namespace cbuild::frontend {

/// Whether `word` is `[n]<<[-]` alone: the name is the next word.
bool lacks_heredoc_name(std::string_view word);

/// Reads `[n]<<[-]NAME`, NAME quoted or not, blanks before it or not. nullopt for everything else,
/// `<<<` included. Content and range stay empty.
std::optional<ast::Heredoc> parse_heredoc_word(std::string_view word);

/// The heredocs that a shell would see in `args`, in order; none when its quotes do not match. `<<`
/// within `((...))` is a shift, not a heredoc.
std::vector<ast::Heredoc> find_heredocs(std::string_view args);

}  // namespace cbuild::frontend
