// A Dockerfile cut into stages: what each is based on, which are needed, where --from points.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cbuild/frontend/options.h"
#include "cbuild/oci/platform.h"
#include "cbuild/oci/reference.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/faults.h"
#include "frontend/dockerfile/observations.h"
#include "frontend/dockerfile/variables.h"

namespace cbuild::frontend {

/// The empty root file system.
struct ScratchOrigin {};

struct StageOrigin {
  std::size_t index = 0;  ///< into Stages::all
};

struct ImageOrigin {
  oci::Reference reference;
};

/// A --build-context.
struct ContextOrigin {
  std::string name;  ///< as the user gave it: what Options::contexts calls it
  ContextKind kind = ContextKind::directory;
};

/// What FROM, --from and from= point to.
using Origin = std::variant<ScratchOrigin, StageOrigin, ImageOrigin, ContextOrigin>;

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

/// The same, but what is wrong is added to `faults`.
/// @param seen  takes the variables of FROM lines that no ARG declares; may be null
Stages split_stages(const Ast& ast,
                    const Options& options,
                    Faults& faults,
                    Observations* seen = nullptr);

/// The arguments that FROM lines see: predefined ones and those before the first FROM.
Variables global_arguments(const Ast& ast, const Options& options);

/// What the word `from` (of --from or from=) names, seen from stage `index`: a named context, an
/// earlier stage by name (case counts for nothing) or by number, "scratch", an image.
/// @throws DockerfileError at the word: stages that come later, the stage itself, ill-formed names
Origin find_origin(const Stages& stages,
                   std::size_t index,
                   const ast::Word& from,
                   const Options& options);

/// The --from of COPY and all from= of RUN.
std::vector<const ast::Word*> origins_of(const ast::Instruction& instruction);

/// The triggers that `stage` hands to the stages based on it. What `visit` finds wrong is shown at
/// the ONBUILD.
void for_each_trigger(const Stage& stage,
                      const std::function<void(const ast::Instruction&)>& visit);

/// The stages that the target is made of, in order of the file. Triggers count.
std::vector<std::size_t> needed_stages(const Stages& stages, const Options& options);

/// The stages that rules look at: all of them, with --target those that it needs.
std::vector<std::size_t> linted_stages(const Stages& stages, const Options& options);

}  // namespace cbuild::frontend
