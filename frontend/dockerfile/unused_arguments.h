// Build arguments that nothing in a Dockerfile asks for.
#pragma once

#include <string>
#include <vector>

namespace cbuild::frontend {

struct Ast;
struct Options;
class Variables;

/// Names of --build-arg that no ARG declares and that are not predefined.
/// @param globals  predefined arguments, and those before the first FROM
/// @param consumed  names that triggers of base images declare
std::vector<std::string> unused_arguments(const Ast& ast,
                                          const Options& options,
                                          const Variables& globals,
                                          const std::vector<std::string>& consumed);

}  // namespace cbuild::frontend
