// Splits a Dockerfile into stages and resolves what FROM and --from name.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "cbuild/oci/platform.h"
#include "frontend/dockerfile/origin.h"
#include "frontend/dockerfile/variables.h"

namespace cbuild::frontend {

class Faults;
struct Ast;
struct Options;
struct Observations;

namespace ast {
struct From;
struct Instruction;
struct Onbuild;
struct Word;
}  // namespace ast

struct Stage {
  std::size_t index = 0;
  std::string name;          ///< in lower case; empty = none
  const ast::From* from;     ///< of the Ast, which must outlive this
  Origin base;               ///< the context that replaces the stage, when there is one
  bool is_replaced = false;  ///< a --build-context has the stage's name: none of it is done
  oci::Platform platform;    ///< of --platform, else of the result
  std::vector<const ast::Instruction*> instructions;  ///< without the FROM
};

struct Stages {
  std::vector<Stage> all;
  std::map<std::string, std::vector<std::size_t>> by_name;  ///< indexes, ascending
  std::size_t target = 0;
  /// The predefined arguments (TARGETPLATFORM …) and those before the first FROM that have a value.
  Variables globals;
};

/// Cuts `ast` into stages, expands the FROM lines, finds the target, and checks every --from of
/// every stage. @throws DockerfileError; Error(usage) when there is no such target.
Stages split_stages(const Ast& ast, const Options& options);

/// The same, but adds errors to `faults`.
/// @param seen  takes the variables of FROM lines that no ARG declares; may be null
Stages split_stages(const Ast& ast,
                    const Options& options,
                    Faults& faults,
                    Observations* seen = nullptr);

/// The arguments that FROM lines see without any --build-arg: predefined ones and those before the
/// first FROM. @throws DockerfileError
Variables default_arguments(const Ast& ast, const Options& options);

/// What the word `from` (of --from or from=) names, seen from stage `index`: a named context, an
/// earlier stage by name (in any case) or by number, "scratch", an image.
/// @throws DockerfileError at the word: stages that come later, the stage itself, ill-formed names
Origin find_origin(const Stages& stages,
                   std::size_t index,
                   const ast::Word& from,
                   const Options& options);

/// The ONBUILD instructions of `stage`.
std::vector<const ast::Onbuild*> triggers_of(const Stage& stage);

/// The stages that the target is made of, in order of the file. Triggers count.
std::vector<std::size_t> needed_stages(const Stages& stages, const Options& options);

/// The stages that rules look at: all of them, with --target those that it needs.
std::vector<std::size_t> linted_stages(const Stages& stages, const Options& options);

}  // namespace cbuild::frontend
