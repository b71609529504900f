// Lowers one stage: what its instructions read, change and add.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/graph/vertex_id.h"

namespace cbuild::graph {
class Environment;
struct GitSource;
struct HttpSource;
struct SourceRange;
struct WrittenWord;
}  // namespace cbuild::graph

namespace cbuild::oci {
struct RunConfig;
}

namespace cbuild::frontend {

class Lowering;
struct Options;
struct ResolvedImage;
struct Stage;
struct StageState;
struct Step;

namespace ast {
struct Heredoc;
struct Info;
struct Instruction;
struct Trigger;
struct Word;
}  // namespace ast

/// The files that a --from or from= names.
struct NamedFiles {
  graph::VertexId vertex = graph::kNoInput;
  bool is_directory = false;  ///< of a --build-context: no root file system
};

/// Lowers all of `stage`: for Lowering.
StageState lower_stage(Lowering& lowering, const Stage& stage);

/// One stage under way. The instructions use it to lower themselves: see instruction.h.
class StageLowering {
 public:
  /// `state` becomes that of the stage.
  StageLowering(Lowering& lowering, const Stage& stage, StageState& state)
      : lowering_(lowering), stage_(stage), state_(state) {}

  /// Lowers all of the stage. Call it once.
  void run();

  StageState& state() noexcept { return state_; }

  const StageState& state() const noexcept { return state_; }

  /// The part of the config that says how the image is run.
  oci::RunConfig& config() noexcept;
  const oci::RunConfig& config() const noexcept;

  /// The word of USER, for messages; without text: the base's.
  const graph::WrittenWord& user() const noexcept;

  const Options& options() const noexcept;

  /// The value of a --build-arg.
  std::optional<std::string> build_argument(const std::string& name) const;

  /// The value of a predefined argument, or of one before the first FROM.
  std::optional<std::string> global_argument(const std::string& name) const;

  /// The value of a variable in force: of ENV, or an argument.
  std::optional<std::string> variable(std::string_view name) const;

  /// All variables in force.
  graph::Environment environment();

  /// The arguments in force as the history of a RUN has them: "|2 A=1 B=2 ". Counts as work.
  std::string arguments_text();

  // --- words

  std::string expand(const ast::Word& word) const;
  std::vector<std::string> expand_words(const ast::Word& word) const;
  std::string expand_heredoc(const ast::Heredoc& heredoc) const;

  /// The variables of `word` that are unset or empty, for messages. In order, each once.
  std::vector<std::string> empty_variables(const ast::Word& word) const;

  /// Where messages show `word`: in a trigger, which is not in the file, the FROM.
  graph::SourceRange place_of(const ast::Word& word) const;

  /// `word`, expanded to `text`, for messages about a step.
  graph::WrittenWord written(const ast::Word& word, const std::string& text) const;

  // --- what steps are made of

  /// `path` as seen from the working directory: absolute and clean. A trailing slash ("." and "/."
  /// have one too) is kept when asked for.
  std::string absolute(std::string_view path, bool keep_slash) const;

  /// The arguments of a shell-form command: SHELL and the text.
  std::vector<std::string> with_shell(const std::string& text) const;

  /// What the word of --from or from= names. An image is taken for the platform of the result,
  /// whatever the stage's own is. @throws DockerfileError, ResolveError
  NamedFiles files_of(const ast::Word& from);
  graph::VertexId build_context();
  /// A file or a repository that ADD names by its URL.
  graph::VertexId remote(const graph::HttpSource& file, const graph::WrittenWord& url);
  graph::VertexId remote(const graph::GitSource& repository, const graph::WrittenWord& url);

  // --- changes

  /// Adds the vertex of `step`; its output becomes the root file system of the stage.
  void add(Step step);

  /// Notes an instruction that changes the config alone.
  void add_history(const std::string& created_by) { add_history(created_by, true); }

  /// Bounds the work of hostile files; see Lowering::spend().
  void spend(std::size_t items, const graph::SourceRange& place);

  /// The instruction under way; the FROM for a trigger.
  const graph::SourceRange& place() const noexcept;

  /// The FROM of the stage.
  const graph::SourceRange& from_place() const noexcept;

 private:
  void begin();
  void report_start() const;
  void report_expansion(const ast::Word& word,
                        const std::string& result,
                        const std::vector<std::string>& unset) const;
  void report_unset(const std::vector<std::string>& names, const graph::SourceRange& range) const;
  void begin_from_scratch();
  void begin_from_image();
  void begin_environment();
  void add_base_vertex();
  const ResolvedImage& base_image() const;
  graph::VertexId named_context(const std::string& name) const;
  void lower(const ast::Instruction& instruction);
  /// Those of a base image are parsed into `parsed`.
  std::vector<const ast::Trigger*> take_triggers(std::vector<ast::Trigger>& parsed);
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
  StageState& state_;
  const ast::Info* info_ = nullptr;  // of the instruction under way
  bool in_trigger_ = false;
};

}  // namespace cbuild::frontend
