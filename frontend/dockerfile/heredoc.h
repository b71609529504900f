// Finds here-documents among the words of RUN, COPY and ADD.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "frontend/dockerfile/ast.h"

namespace cbuild::frontend {

/// Reads `[n]<<[-]NAME`, NAME quoted or not. nullopt for every other word, `<<<` included. Content
/// and range stay empty.
std::optional<ast::Heredoc> parse_heredoc_word(std::string_view word);

/// The heredocs that a shell would see in `args`, in order; none when its quotes do not match.
std::vector<ast::Heredoc> find_heredocs(std::string_view args);

}  // namespace cbuild::frontend
