// Lowers the stages of a Dockerfile, each once, when something needs it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "frontend/dockerfile/faults.h"
#include "frontend/dockerfile/stage_state.h"

namespace cbuild::graph {
class Graph;
}

namespace cbuild::frontend {

class BaseImages;
class Lowering;
struct Observations;
struct Options;
struct Stage;
struct Stages;

/// Lowers one stage; see stage_lowering.h. It may ask for other stages.
using LowerStage = StageState (*)(Lowering&, const Stage&);

/// What the lowering of all stages shares.
struct LoweringContext {
  const Stages& stages;
  const Options& options;
  char escape;  ///< that of the file
  BaseImages& images;
  graph::Graph& graph;  ///< receives the vertices
  Observations& seen;   ///< receives what rules want to know
};

class Lowering {
 public:
  /// The parts of `context` outlive this.
  /// @pre everything that can be checked without images is checked.
  Lowering(const LoweringContext& context, LowerStage lower_stage)
      : context_(context), lower_stage_(lower_stage) {}

  /// Lowers the stages that the target needs. @throws DockerfileError with all that is wrong in
  /// them, ResolveError
  const StageState& target();

  /// Lowers the other stages of `linted` for what rules want to know of them. Errors in them are
  /// dropped, because they are not built. @pre target() is done
  void observe(const std::vector<std::size_t>& linted);

  const StageState& stage(std::size_t index);

  /// Initial state for a stage FROM `index`. The last dependent moves it out and leaves only `root`
  /// in its place, so a long chain of stages copies nothing.
  StageState begin_with(std::size_t index, const SourceRange& from);

  const LoweringContext& context() const noexcept { return context_; }

  /// Bounds the work that a hostile file can cause: ports, variables of steps, triggers and
  /// histories of stages multiply. @throws Error that ends the lowering and is shown at `place`
  void spend(std::size_t items, const SourceRange& place);

  /// Errors that depend on values of the base images; thrown together at the end.
  Faults& faults() noexcept { return faults_; }

  /// Notes an ARG that is not in the Dockerfile but in a trigger of a base image.
  void add_consumed_argument(const std::string& name) { consumed_.push_back(name); }

  const std::vector<std::string>& consumed_arguments() const noexcept { return consumed_; }

 private:
  LoweringContext context_;
  LowerStage lower_stage_;
  std::map<std::size_t, StageState> done_;
  std::map<std::size_t, std::size_t> dependents_;  ///< how many have yet to begin with a stage
  std::size_t spent_ = 0;
  Faults faults_;
  std::vector<std::string> consumed_;  // arguments declared by triggers
};

}  // namespace cbuild::frontend
