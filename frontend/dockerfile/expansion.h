// Where variables expand.
#pragma once

#include <vector>

#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/faults.h"

namespace cbuild::frontend {

/// The words of an instruction in which variables expand within its stage, in order of the file;
/// heredocs of COPY and ADD are not among them. FROM has none: it expands outside of stages.
std::vector<const ast::Word*> words_that_expand(const ast::Instruction& instruction);

/// Finds what no value of any variable could make right: open quotes and braces, unknown forms.
void check_expansion(const ast::Instruction& instruction, char escape, Faults& faults);

}  // namespace cbuild::frontend
