// Between the files that lower instructions: what is known of a stage so far, and what they share.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/frontend/image_resolver.h"
#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"
#include "frontend/dockerfile/arguments.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/config_growth.h"
#include "frontend/dockerfile/faults.h"
#include "frontend/dockerfile/observations.h"
#include "frontend/dockerfile/stages.h"
#include "frontend/dockerfile/variables.h"

namespace cbuild::frontend {

/// A stage after the instructions done so far. A stage based on this one begins with it.
struct StageState {
  graph::VertexId root = graph::kNoInput;
  oci::ImageConfig config;
  std::size_t base_history = 0;
  std::vector<graph::VertexId> layers;
  /// For expansion and for RUN: ENV and the arguments that have a value. Of two declarations of one
  /// name the later one counts.
  Variables variables;
  Arguments arguments;
  bool base_known = true;    ///< false: see ResolvedImage::is_known
  bool has_own_cmd = false;  ///< CMD stands in this stage: ENTRYPOINT leaves it alone
  ConfigGrowth growth;       ///< of `config`, by this build
  graph::WrittenWord user;   ///< of USER, for messages; without text: the base's
  std::size_t step = 0;      ///< of the instruction under way, for "[build 2/5]"
  std::size_t steps = 0;
};

/// Takes in the whole file. Stages are lowered when something needs them, once each.
class Lowering {
 public:
  /// Tells `seen` what rules want to know.
  Lowering(const Ast& ast,
           const Stages& stages,
           const Options& options,
           ImageResolver& resolver,
           Observations& seen)
      : ast_(ast), stages_(stages), options_(options), resolver_(&resolver), seen_(seen) {}

  /// @pre everything that can be checked without images is checked.
  Lowered lower_target();

  /// Lowers the other stages of `linted` for what rules want to know of them. What is wrong with
  /// them is nobody's business: they are not built. @pre lower_target() is done
  void observe(const std::vector<std::size_t>& linted, ImageResolver& known_images);

  const StageState& stage(std::size_t index);

  /// What a stage based on `index` begins with. The last one that is takes it and leaves `root`
  /// alone in its place: a long chain of stages copies nothing.
  StageState begin_with(std::size_t index, const SourceRange& from);

  /// The files that `origin` stands for; kNoInput for scratch. `from` is where it is named. An
  /// image is taken for the platform of the result, whatever the stage's own is.
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

  char escape() const noexcept { return ast_.directives.escape; }

  /// Bounds what a hostile file can come to: ports, variables of steps, triggers and histories of
  /// stages multiply. @throws Error that ends the lowering and is told at `place`
  void spend(std::size_t items, const SourceRange& place);

  /// What is wrong for the values that the base images give; told together at the end.
  Faults& faults() noexcept { return faults_; }

  /// An ARG that the Dockerfile does not show: a trigger's.
  void add_consumed_argument(const std::string& name) { consumed_.push_back(name); }

 private:
  graph::VertexId context(const std::string& name, const std::string& label);
  std::vector<std::string> unused_build_args() const;

  const Ast& ast_;
  const Stages& stages_;
  const Options& options_;
  ImageResolver* resolver_;
  Observations& seen_;
  graph::Graph graph_;
  std::map<std::size_t, StageState> done_;
  std::map<std::size_t, std::size_t> dependents_;  ///< how many have yet to begin with a stage
  std::map<std::string, ResolvedImage> resolved_;
  std::size_t spent_ = 0;
  Faults faults_;
  std::vector<std::string> consumed_;  // arguments declared by triggers
};

/// Finds what is wrong in the stages `wanted` whatever the base images hold, so that nothing is
/// pulled in vain.
void check_stages(const Stages& stages,
                  const std::vector<std::size_t>& wanted,
                  const Options& options,
                  char escape,
                  Faults& faults);

/// One stage under way.
class StageLowering {
 public:
  StageLowering(Lowering& of_file, const Stage& of_stage) : file(of_file), stage(of_stage) {}

  StageState run();

  // What the instructions use:

  /// The word with the place that is told to people: of a trigger's, the FROM.
  ast::Word placed(ast::Word word) const;

  /// The word, come to `text`, for messages about the step.
  graph::WrittenWord written(const ast::Word& word, const std::string& text) const;

  std::string expand(const ast::Word& word) const;
  std::vector<std::string> expand_words(const ast::Word& word) const;
  std::string expand_heredoc(const ast::Heredoc& heredoc) const;

  /// The variables of `word` that come to nothing, for messages. In order, each once.
  std::vector<std::string> empty_variables(const ast::Word& word) const;

  /// `path` as seen from the working directory: absolute and clean. A trailing slash ("." and "/."
  /// have one too) is kept when asked for.
  std::string absolute(std::string_view path, bool keep_slash) const;

  /// The arguments of a shell-form command: SHELL and the text.
  std::vector<std::string> with_shell(const std::string& text) const;

  /// Adds the step that `op` is to the stage: its root file system becomes what the vertex makes.
  /// `others` are the inputs after the root file system.
  void add_layer(graph::Op op,
                 const std::vector<graph::VertexId>& others,
                 const std::string& label,
                 const std::string& created_by);
  void add_history(const std::string& created_by, bool empty_layer = true);

  /// Of the instruction under way; of the FROM that a trigger comes with.
  const SourceRange& place() const noexcept;

  Lowering& file;
  const Stage& stage;
  StageState state;
  const ast::Info* info = nullptr;  ///< of the instruction under way
  /// What messages about the step to be added next may point to; add_layer() takes them.
  std::vector<graph::WrittenWord> step_words;

 private:
  void begin();
  void report_start() const;
  void report_expansion(const ast::Word& word,
                        const std::string& result,
                        const std::vector<std::string>& unset) const;
  void report_unset(const std::vector<std::string>& names, const SourceRange& range) const;
  void begin_from_scratch();
  void begin_from_image();
  void begin_environment();
  void add_base_vertex();
  void lower(const ast::Instruction& instruction);
  std::vector<ast::Instruction> take_triggers();
  void run_triggers(const std::vector<ast::Instruction>& triggers);
  std::string step_label(const std::string& text) const;
  bool ignores_cache() const;

  char escape() const { return in_trigger_ ? '\\' : file.escape(); }

  /// Runs `action` for a trigger of the base: what is wrong with it is shown at the FROM.
  template <typename Action>
  void in_trigger(const std::string& trigger, Action&& action) {
    in_trigger_ = true;
    try {
      action();
    } catch (const DockerfileError& error) {
      file.faults().add({stage.from->info.range,
                         "ONBUILD trigger \"" + trigger + "\" of the base: " + error.what()});
    }
    in_trigger_ = false;
  }

  bool in_trigger_ = false;
};

// One function an instruction; `stage.info` is set.
void lower_instruction(StageLowering& stage, const ast::Run& run);
void lower_instruction(StageLowering& stage, const ast::Copy& copy);
void lower_instruction(StageLowering& stage, const ast::Add& add);
void lower_instruction(StageLowering& stage, const ast::Env& env);
void lower_instruction(StageLowering& stage, const ast::Arg& arg);
void lower_instruction(StageLowering& stage, const ast::Workdir& workdir);
void lower_instruction(StageLowering& stage, const ast::User& user);
void lower_instruction(StageLowering& stage, const ast::Label& label);
void lower_instruction(StageLowering& stage, const ast::Expose& expose);
void lower_instruction(StageLowering& stage, const ast::Volume& volume);
void lower_instruction(StageLowering& stage, const ast::Cmd& cmd);
void lower_instruction(StageLowering& stage, const ast::Entrypoint& entrypoint);
void lower_instruction(StageLowering& stage, const ast::Shell& shell);
void lower_instruction(StageLowering& stage, const ast::Stopsignal& stopsignal);
void lower_instruction(StageLowering& stage, const ast::Healthcheck& healthcheck);
void lower_instruction(StageLowering& stage, const ast::Onbuild& onbuild);
void lower_instruction(StageLowering& stage, const ast::Maintainer& maintainer);

// What is wrong, or not supported, whatever the base image holds. @throws DockerfileError
void check_instruction(const ast::Run& run, const Options& options);
void check_instruction(const ast::Copy& copy);
void check_instruction(const ast::Add& add);
void check_instruction(const ast::Expose& expose);
void check_instruction(const ast::Stopsignal& stopsignal);

/// No variable stands in it: what it comes to is known without a base image.
bool is_constant(const ast::Word& word);

/// "K=V" set in an environment: replaced in its place, or put at the end.
void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value);

}  // namespace cbuild::frontend
