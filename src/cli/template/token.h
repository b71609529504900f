// The words of an action {{…}} in a template.
#pragma once

#include <string>

#include "src/cli/template/failure.h"
#include "src/cli/value.h"

namespace cbuild::cli::templates {

struct Token {
  enum class Kind {
    end,         ///< of the action
    dot,         ///< "."
    field,       ///< ".Name"
    variable,    ///< "$name" or "$"
    identifier,  ///< a function or a keyword
    constant,    ///< number, text, true, false
    nil,
    pipe,
    open,  ///< "("
    close,
    comma,
    declare,  ///< ":="
    assign,   ///< "="
  };

  Kind kind = Kind::end;
  Place place;
  std::string name;  ///< of a field (without dot), variable (with $) or identifier
  Value value;       ///< of a constant
  bool after_space = false;
};

}  // namespace cbuild::cli::templates
