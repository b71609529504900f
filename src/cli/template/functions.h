// The functions of templates.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "src/cli/template/failure.h"
#include "src/cli/value.h"

namespace cbuild::cli::templates {

/// One of Go's or docker's.
struct Function {
  std::string_view name;
  std::size_t least;  ///< arguments
  std::size_t most;
  /// nullptr: "and" and "or", whose arguments are evaluated one by one.
  /// @throws Error(usage) what is wrong with the arguments
  Value (*run)(std::span<const Value> arguments);
};

/// nullptr when there is none of that name.
const Function* find_function(std::string_view name);

/// @throws Error(usage) with the place when there is no function `name`, and the names of all
void check_function(std::string_view source, Place place, std::string_view name);

}  // namespace cbuild::cli::templates
