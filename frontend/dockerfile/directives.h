// The `# key=value` lines that may open a Dockerfile.
#pragma once

#include <optional>

#include "frontend/dockerfile/ast_parts.h"

namespace cbuild::frontend::ast {

struct Directives {
  std::optional<Word> syntax;  ///< accepted, of no effect
  std::optional<Word> check;   ///< "skip=A,B;error=true": read by the lint
  std::optional<Word> escape_word;
  char escape = '\\';  ///< or '`'
};

}  // namespace cbuild::frontend::ast
