// Lowers one stage: what its instructions read, change and add.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/graph/op.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/origin.h"
#include "frontend/dockerfile/stage_state.h"

namespace cbuild::frontend {

class Lowering;
struct Stage;

/// A layer that an instruction adds to its stage.
struct Step {
  graph::Op op;
  std::string label;                           ///< "COPY a.txt /b", for progress
  std::string created_by;                      ///< for the history
  std::vector<graph::VertexId> inputs = {};    ///< after the root file system, which is input 0
  std::vector<graph::WrittenWord> words = {};  ///< what messages about the step may point to
};

/// Lowers all of `stage`: for Lowering.
StageState lower_stage(Lowering& lowering, const Stage& stage);

/// One stage under way. The instructions use it to lower themselves: see ast.h.
class StageLowering {
 public:
  StageLowering(Lowering& lowering, const Stage& stage) : lowering_(lowering), stage_(stage) {}

  /// Lowers all of the stage. Call it once.
  StageState run();

  StageState& state() noexcept { return state_; }

  const StageState& state() const noexcept { return state_; }

  /// The part of the config that says how the image is run.
  oci::RunConfig& config() noexcept { return state_.config.config; }

  const oci::RunConfig& config() const noexcept { return state_.config.config; }

  const Options& options() const noexcept;

  /// The value of a predefined argument, or of one before the first FROM.
  std::optional<std::string> global_argument(const std::string& name) const;

  // --- words

  std::string expand(const ast::Word& word) const;
  std::vector<std::string> expand_words(const ast::Word& word) const;
  std::string expand_heredoc(const ast::Heredoc& heredoc) const;

  /// The variables of `word` that are unset or empty, for messages. In order, each once.
  std::vector<std::string> empty_variables(const ast::Word& word) const;

  /// Where messages show `word`: in a trigger, which is not in the file, the FROM.
  SourceRange place_of(const ast::Word& word) const;

  /// `word`, expanded to `text`, for messages about a step.
  graph::WrittenWord written(const ast::Word& word, const std::string& text) const;

  // --- what steps are made of

  /// `path` as seen from the working directory: absolute and clean. A trailing slash ("." and "/."
  /// have one too) is kept when asked for.
  std::string absolute(std::string_view path, bool keep_slash) const;

  /// The arguments of a shell-form command: SHELL and the text.
  std::vector<std::string> with_shell(const std::string& text) const;

  /// What the word of --from or from= names. @throws DockerfileError
  Origin origin(const ast::Word& from) const;

  /// The vertex with the files of `origin`, which `from` names; kNoInput for scratch.
  graph::VertexId source(const Origin& origin, const ast::Word& from);
  graph::VertexId build_context();
  /// A file or a repository that ADD names by its URL.
  graph::VertexId remote(graph::Op op, const graph::WrittenWord& url);

  // --- changes

  /// Adds the vertex of `step`; its output becomes the root file system of the stage.
  void add(Step step);

  /// Notes an instruction that changes the config alone.
  void add_history(const std::string& created_by) { add_history(created_by, true); }

  /// Bounds the work of hostile files; see Lowering::spend().
  void spend(std::size_t items, const SourceRange& place);

  /// The instruction under way; the FROM for a trigger.
  const SourceRange& place() const noexcept;

  /// The FROM of the stage.
  const SourceRange& from_place() const noexcept;

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
  std::vector<const ast::Trigger*> take_triggers();
  void run_triggers(const std::vector<const ast::Trigger*>& triggers);
  std::string step_label(const std::string& text) const;
  bool ignores_cache() const;
  void add_history(const std::string& created_by, bool empty_layer);

  char escape() const;

  /// Runs `action` for a trigger of the base: what is wrong with it is shown at the FROM.
  template <typename Action>
  void in_trigger(const std::string& trigger, Action&& action);

  Lowering& lowering_;
  const Stage& stage_;
  StageState state_;
  const ast::Info* info_ = nullptr;            // of the instruction under way
  std::vector<ast::Trigger> parsed_triggers_;  // of a base image
  bool in_trigger_ = false;
};

}  // namespace cbuild::frontend
