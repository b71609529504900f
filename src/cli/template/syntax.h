// A parsed template.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/cli/template/failure.h"
#include "src/cli/value.h"

namespace cbuild::cli::templates {

struct Pipeline;

/// What a command is made of: something, and the fields that are taken from it: $x.A.B
struct Operand {
  enum class Base { dot, variable, constant, nil, pipeline, function };

  Base base = Base::dot;
  Place place;
  std::string name;                          ///< of a variable (with $) or function
  Value value;                               ///< of a constant
  std::shared_ptr<const Pipeline> pipeline;  ///< in parentheses
  std::vector<std::string> fields;
};

/// The first operand, with the others as its arguments. Never empty.
struct Command {
  std::vector<Operand> operands;
  Place place;
};

/// Commands, of which each gets the result of the one before as its last argument.
struct Pipeline {
  std::vector<std::string> variables;  ///< that take the result: at most one, of a range two
  bool declares = false;               ///< ":="; else the variables exist
  std::vector<Command> commands;
  Place place;
};

struct Node {
  enum class Kind { text, print, if_true, range, with };

  Kind kind = Kind::text;
  std::string text;
  Pipeline pipeline;  ///< of all kinds but text
  std::vector<Node> body;
  std::vector<Node> otherwise;  ///< behind {{else}}
};

}  // namespace cbuild::cli::templates
