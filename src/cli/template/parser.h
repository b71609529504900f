// A template's text → its tree.
#pragma once

#include <string_view>
#include <vector>

#include "src/cli/template/lexer.h"
#include "src/cli/template/syntax.h"

namespace cbuild::cli::templates {

/// Go's grammar of text/template without define, template, block, break and continue, which are
/// refused by name, as functions are that find_function() does not know. Variables are checked
/// here, so each one exists when the tree is executed.
/// @throws Error(usage) with the place; also for what is nested more than 100 deep
std::vector<Node> parse_template(std::string_view source, Escapes escapes);

}  // namespace cbuild::cli::templates
