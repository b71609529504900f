// A Dockerfile as data: what parse() makes of it.
#pragma once

#include <vector>

#include "cbuild/graph/diagnostic.h"
#include "frontend/dockerfile/directives.h"
#include "frontend/dockerfile/instruction.h"

namespace cbuild::frontend {

struct Ast {
  ast::Directives directives;
  std::vector<ast::Instruction> instructions;
  std::vector<graph::Diagnostic> warnings;
};

}  // namespace cbuild::frontend
