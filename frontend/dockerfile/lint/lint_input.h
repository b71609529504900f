// What the rules look at: a Dockerfile and what is known of it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace cbuild::frontend {

struct Ast;
struct CheckOptions;
struct Observations;
struct Options;
struct Stages;

struct LintInput {
  std::string_view text;
  const Ast& ast;
  const Stages* stages;             ///< nullptr when the file could not be cut into stages
  std::vector<std::size_t> linted;  ///< the stages that count: needed ones, or all
  const Observations& seen;
  const Options& options;
  const CheckOptions& check;
};

}  // namespace cbuild::frontend
