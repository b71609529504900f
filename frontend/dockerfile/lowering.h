// Lowers the stages of a Dockerfile, and keeps what they share.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "cbuild/frontend/image_resolver.h"
#include "cbuild/graph/graph.h"
#include "cbuild/graph/op.h"
#include "frontend/dockerfile/faults.h"
#include "frontend/dockerfile/origin.h"
#include "frontend/dockerfile/stage_state.h"

namespace cbuild::frontend {

struct Ast;
struct Lowered;
struct Observations;
struct Options;
struct Stage;
struct Stages;
class Lowering;

namespace ast {
struct Word;
}

/// Lowers one stage; see stage_lowering.h. It may ask for other stages.
using LowerStage = StageState (*)(Lowering&, const Stage&);

/// The input of lowering. All of it outlives the Lowering.
struct LoweringInput {
  const Ast& ast;
  const Stages& stages;
  const Options& options;
  ImageResolver& resolver;
};

/// Lowers the stages of a whole Dockerfile, each once, when something needs it.
class Lowering {
 public:
  /// Writes down in `seen` what rules want to know.
  Lowering(const LoweringInput& input, LowerStage lower_stage, Observations& seen)
      : ast_(input.ast),
        stages_(input.stages),
        options_(input.options),
        resolver_(&input.resolver),
        lower_stage_(lower_stage),
        seen_(seen) {}

  /// @pre everything that can be checked without images is checked.
  Lowered lower_target();

  /// Lowers the other stages of `linted` for what rules want to know of them. Errors in them are
  /// dropped, because they are not built. @pre lower_target() is done
  void observe(const std::vector<std::size_t>& linted, ImageResolver& known_images);

  const StageState& stage(std::size_t index);

  /// Initial state for a stage FROM `index`. The last dependent moves it out and leaves only `root`
  /// in its place, so a long chain of stages copies nothing.
  StageState begin_with(std::size_t index, const SourceRange& from);

  /// The vertex with the files of `origin`; kNoInput for scratch. `from` is the word that names it.
  /// An image is taken for the platform of the result, whatever the stage's own is.
  graph::VertexId source(const Origin& origin, const Stage& user, const ast::Word& from);
  graph::VertexId build_context();
  /// A file or a repository that ADD names by its URL.
  graph::VertexId remote(graph::Op op, const graph::WrittenWord& url);

  /// Asks the resolver once for each image and platform. @pre `origin` is an image
  const ResolvedImage& resolve(const Origin& origin,
                               const oci::Platform& platform,
                               const Stage& user,
                               const ast::Word& from);
  graph::VertexId add_image(const ResolvedImage& image, std::string label, int line);

  const Stages& stages() const noexcept { return stages_; }

  const Options& options() const noexcept { return options_; }

  graph::Graph& graph() noexcept { return graph_; }

  Observations& seen() noexcept { return seen_; }

  /// That of the file.
  char escape() const noexcept;

  /// Bounds the work that a hostile file can cause: ports, variables of steps, triggers and
  /// histories of stages multiply. @throws Error that ends the lowering and is shown at `place`
  void spend(std::size_t items, const SourceRange& place);

  /// Errors that depend on values of the base images; thrown together at the end.
  Faults& faults() noexcept { return faults_; }

  /// Notes an ARG that is not in the Dockerfile but in a trigger of a base image.
  void add_consumed_argument(const std::string& name) { consumed_.push_back(name); }

 private:
  graph::VertexId context(graph::ContextSource source, std::string label);
  std::vector<std::string> unused_build_args() const;

  const Ast& ast_;
  const Stages& stages_;
  const Options& options_;
  ImageResolver* resolver_;
  LowerStage lower_stage_;
  Observations& seen_;
  graph::Graph graph_;
  std::map<std::size_t, StageState> done_;
  std::map<std::size_t, std::size_t> dependents_;  ///< how many have yet to begin with a stage
  std::map<std::string, ResolvedImage> resolved_;
  std::size_t spent_ = 0;
  Faults faults_;
  std::vector<std::string> consumed_;  // arguments declared by triggers
};

}  // namespace cbuild::frontend
