// Lowers one stage; see stage_lowering.h.
#include "frontend/dockerfile/stage_lowering.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "cbuild/frontend/options.h"
#include "cbuild/util/default_path.h"
#include "cbuild/util/overloaded.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/lowering.h"
#include "frontend/dockerfile/observations.h"
#include "frontend/dockerfile/parse.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

namespace {

constexpr std::string_view kHistoryComment = "buildkit.dockerfile.v0";

/// Counts as a step, as in "[2/5]".
bool is_step(const ast::Instruction& instruction) {
  return ast::traits_of(instruction).effect == Effect::layer;
}

Variables variables_of(const std::vector<std::string>& env) {
  Variables variables;
  for (const std::string& entry : env) {
    const auto equals = entry.find('=');
    if (equals != std::string::npos)
      variables.set(std::string_view(entry).substr(0, equals), entry.substr(equals + 1));
  }
  return variables;
}

/// A COPY --link needs nothing of what lies below, unless its owner is a name of the image.
bool stands_alone(const graph::Op& op) {
  const auto* copy = std::get_if<graph::Copy>(&op);
  return copy != nullptr && copy->link &&
         copy->owner.find_first_not_of("0123456789:") == std::string::npos;
}

}  // namespace

StageState lower_stage(Lowering& lowering, const Stage& stage) {
  return StageLowering(lowering, stage).run();
}

template <typename Action>
void StageLowering::in_trigger(const std::string& trigger, Action&& action) {
  in_trigger_ = true;
  try {
    action();
  } catch (const DockerfileError& error) {
    lowering_.faults().add(DockerfileError(
        from_place(), "ONBUILD trigger \"" + trigger + "\" of the base: " + error.what()));
  }
  in_trigger_ = false;
}

StageState StageLowering::run() {
  begin();
  if (stage_.is_replaced) {
    add_base_vertex();
    return std::move(state_);
  }
  const std::vector<const ast::Trigger*> triggers = take_triggers();
  for (const ast::Trigger* trigger : triggers)
    state_.steps += is_step(trigger->instruction) ? 1 : 0;
  for (const ast::Instruction* instruction : stage_.instructions)
    state_.steps += is_step(*instruction) ? 1 : 0;
  add_base_vertex();
  run_triggers(triggers);
  for (const ast::Instruction* instruction : stage_.instructions)
    lowering_.faults().collect([&] { lower(*instruction); });
  return std::move(state_);
}

void StageLowering::lower(const ast::Instruction& instruction) {
  info_ = &ast::info_of(instruction);
  if (is_step(instruction)) ++state_.step;
  std::visit([&](const auto& one) { one.lower(*this); }, instruction);
}

const Options& StageLowering::options() const noexcept {
  return lowering_.options();
}

void StageLowering::spend(std::size_t items, const SourceRange& place) {
  lowering_.spend(items, place);
}

const SourceRange& StageLowering::from_place() const noexcept {
  return stage_.from->info.range;
}

char StageLowering::escape() const {
  return in_trigger_ ? '\\' : lowering_.escape();
}

std::optional<std::string> StageLowering::global_argument(const std::string& name) const {
  return lowering_.stages().globals.find(name);
}

SourceRange StageLowering::place_of(const ast::Word& word) const {
  return in_trigger_ ? from_place() : word.range;
}

graph::WrittenWord StageLowering::written(const ast::Word& word, const std::string& text) const {
  return {text, place_of(word)};
}

Origin StageLowering::origin(const ast::Word& from) const {
  return find_origin(lowering_.stages(), stage_.index, from, options());
}

graph::VertexId StageLowering::source(const Origin& origin, const ast::Word& from) {
  return lowering_.source(origin, stage_, {from.text, place_of(from)});
}

graph::VertexId StageLowering::build_context() {
  return lowering_.build_context();
}

graph::VertexId StageLowering::remote(graph::Op op, const graph::WrittenWord& url) {
  return lowering_.remote(std::move(op), url);
}

std::string StageLowering::expand(const ast::Word& word) const {
  const auto lookup = [&](std::string_view name) { return state_.variables.find(name); };
  std::vector<std::string> unset;
  std::string result = expand_word(word, lookup, {.escape = escape(), .unset = &unset});
  static constexpr std::size_t kBytesOfItem = 64;
  lowering_.spend(result.size() / kBytesOfItem, place_of(word));
  report_expansion(word, result, unset);
  return result;
}

std::vector<std::string> StageLowering::expand_words(const ast::Word& word) const {
  const auto lookup = [&](std::string_view name) { return state_.variables.find(name); };
  std::vector<std::string> unset;
  std::vector<std::string> words =
      frontend::expand_words(word, lookup, {.escape = escape(), .unset = &unset});
  report_expansion(word, join(words, " "), unset);
  return words;
}

std::string StageLowering::expand_heredoc(const ast::Heredoc& heredoc) const {
  const auto lookup = [&](std::string_view name) { return state_.variables.find(name); };
  std::vector<std::string> unset;
  std::string text =
      frontend::expand_heredoc(heredoc, lookup, {.escape = escape(), .unset = &unset});
  report_unset(unset, heredoc.range);
  return text;
}

std::vector<std::string> StageLowering::empty_variables(const ast::Word& word) const {
  std::vector<std::string> names;
  const auto lookup = [&](std::string_view name) {
    std::optional<std::string> value = state_.variables.find(name);
    const bool is_new = std::ranges::find(names, name) == names.end();
    if (value.value_or("").empty() && is_new) names.emplace_back(name);
    return value;
  };
  expand_word(word, lookup, {.escape = escape(), .unset = nullptr});
  return names;
}

void StageLowering::report_expansion(const ast::Word& word,
                                     const std::string& result,
                                     const std::vector<std::string>& unset) const {
  if (in_trigger_) return;
  if (result != word.text) lowering_.seen().expanded[&word] = result;
  report_unset(unset, word.range);
}

namespace {

/// The variable with the name most like `name`; empty when none is like it.
std::string nearest_variable(const StageState& state, const std::string& name) {
  std::vector<std::string> known = state.variables.names();
  // Nearly every image sets PATH. A name such as GOPATH is no misspelt PATH.
  if (!state.base_known && !name.ends_with("PATH")) known.emplace_back("PATH");
  return nearest(name, known).value_or("");
}

}  // namespace

void StageLowering::report_unset(const std::vector<std::string>& names,
                                 const SourceRange& range) const {
  if (in_trigger_) return;
  for (const std::string& name : names) {
    if (state_.arguments.contains(name)) continue;
    const bool suggest = lowering_.seen().unset.size() < kMaxSuggestions;
    lowering_.seen().unset.push_back({.name = name,
                                      .range = range,
                                      .suggestion = suggest ? nearest_variable(state_, name) : "",
                                      .base_known = state_.base_known,
                                      .instruction_line = info_->range.line});
  }
}

std::string StageLowering::absolute(std::string_view path, bool keep_slash) const {
  std::string full(path);
  if (!path.starts_with('/')) full = state_.config.config.working_dir + "/" + full;
  std::vector<std::string> parts;
  std::string last;
  for (std::string& part : split(full, '/')) {
    last = part;
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(std::move(part));
  }
  const bool names_directory = last.empty() || last == "." || last == "..";
  std::string result = "/" + join(parts, "/");
  if (keep_slash && names_directory && !parts.empty()) result += '/';
  return result;
}

std::vector<std::string> StageLowering::with_shell(const std::string& text) const {
  std::vector<std::string> argv = state_.config.config.shell;
  const bool windows = state_.config.platform.os == "windows";
  if (argv.empty() && windows) argv = {"cmd", "/S", "/C"};
  if (argv.empty()) argv = {"/bin/sh", "-c"};
  argv.push_back(text);
  return argv;
}

std::string StageLowering::step_label(const std::string& text) const {
  std::string name = stage_.name;
  if (name.empty() && lowering_.stages().all.size() > 1)
    name = fmt::format("stage-{}", stage_.index);
  if (options().show_platform)
    name = stage_.platform.to_string() + (name.empty() ? "" : " ") + name;
  if (!name.empty()) name += ' ';
  const std::size_t width = std::to_string(state_.steps).size();
  std::string_view line = text;
  const auto end = line.find('\n');
  return fmt::format("[{}{:>{}}/{}] {}{}", name, state_.step, width, state_.steps,
                     line.substr(0, end), end == std::string_view::npos ? "" : "...");
}

bool StageLowering::ignores_cache() const {
  const auto names_this = [&](const std::string& name) {
    return name == std::to_string(stage_.index) ||
           (!name.empty() && equals_ignoring_case(name, stage_.name));
  };
  return options().no_cache || std::ranges::any_of(options().no_cache_stages, names_this);
}

void StageLowering::add(Step step) {
  graph::Vertex vertex;
  const bool alone = stands_alone(step.op);
  vertex.op = std::move(step.op);
  vertex.inputs = {alone ? graph::kNoInput : state_.root};
  vertex.inputs.insert(vertex.inputs.end(), step.inputs.begin(), step.inputs.end());
  vertex.label = step_label(step.label);
  vertex.range = place();
  vertex.words = std::move(step.words);
  vertex.ignore_cache = ignores_cache();
  vertex.platform = state_.config.platform;
  if (alone && state_.root != graph::kNoInput) {
    graph::Vertex rebase = vertex;
    rebase.op = graph::Rebase{};
    rebase.inputs = {state_.root, lowering_.graph().add(std::move(vertex))};
    vertex = std::move(rebase);
  }
  state_.root = lowering_.graph().add(std::move(vertex));
  state_.layers.push_back(state_.root);
  add_history(step.created_by, false);
}

const SourceRange& StageLowering::place() const noexcept {
  return in_trigger_ ? from_place() : info_->range;
}

void StageLowering::add_history(const std::string& created_by, bool empty_layer) {
  state_.growth.add_history(created_by, empty_layer, place());
  oci::HistoryEntry entry;
  entry.created_by = created_by;
  entry.comment = kHistoryComment;
  entry.empty_layer = empty_layer;
  state_.config.history.push_back(std::move(entry));
}

// --- FROM

void StageLowering::begin() {
  std::visit(
      overloaded{
          [&](const ScratchOrigin&) { begin_from_scratch(); },
          [&](const StageOrigin& base) { state_ = lowering_.begin_with(base.index, from_place()); },
          [&](const ImageOrigin&) { begin_from_image(); },
          [&](const ContextOrigin& context) {
            if (context.is_image) return begin_from_image();
            begin_from_scratch();
          },
      },
      stage_.base);
  const bool has_base_vertex = !std::holds_alternative<ScratchOrigin>(stage_.base) &&
                               !std::holds_alternative<StageOrigin>(stage_.base);
  state_.step = state_.steps = has_base_vertex ? 1 : 0;
  state_.has_own_cmd = false;
  report_start();
}

void StageLowering::report_start() const {
  StageStart start;
  start.has_shell = !state_.config.config.shell.empty();
  start.working_dir = state_.config.config.working_dir;
  const bool is_image = !std::holds_alternative<ScratchOrigin>(stage_.base) &&
                        !std::holds_alternative<StageOrigin>(stage_.base);
  if (is_image && state_.base_known) start.base_platform = state_.config.platform;
  lowering_.seen().stages[stage_.index] = start;
}

void StageLowering::begin_from_scratch() {
  state_.config.platform = stage_.platform;
  state_.config.config.working_dir = "/";
  begin_environment();
}

/// Every stage has a PATH, but those of Windows, which knows its own.
void StageLowering::begin_environment() {
  std::vector<std::string>& env = state_.config.config.env;
  state_.variables = variables_of(env);
  const bool may_have_path = !state_.base_known || state_.config.platform.os == "windows";
  if (may_have_path || state_.variables.contains("PATH")) return;
  env.push_back(fmt::format("PATH={}", kDefaultPath));
  state_.variables.set("PATH", std::string(kDefaultPath));
}

void StageLowering::begin_from_image() {
  const ResolvedImage& image =
      lowering_.resolve(stage_.base, stage_.platform, stage_, stage_.from->image);
  state_.config = image.config;
  state_.base_known = image.is_known;
  // An image for arm/v6 is made one for arm/v7 when that was asked for; but one for another
  // processor stays what it is until the image is done, for the sake of its programs.
  oci::Platform& platform = state_.config.platform;
  if (platform.architecture.empty() || platform.architecture == stage_.platform.architecture)
    platform = stage_.platform;
  state_.base_history = state_.config.history.size();
  // These describe the base image, not this one.
  state_.config.created.clear();
  state_.config.unknown.clear();
  state_.config.unknown_config.clear();
  begin_environment();
}

/// Adds the vertex of the base now that the number of steps is known.
void StageLowering::add_base_vertex() {
  const auto add_image = [&] {
    const ResolvedImage& image =
        lowering_.resolve(stage_.base, stage_.platform, stage_, stage_.from->image);
    state_.root = lowering_.add_image(image, step_label("FROM " + image.reference.to_string()),
                                      from_place().line);
  };
  std::visit(overloaded{
                 [](const ScratchOrigin&) {},
                 [](const StageOrigin&) {},
                 [&](const ImageOrigin&) { add_image(); },
                 [&](const ContextOrigin& context) {
                   if (context.is_image) return add_image();
                   // The files become a layer of their own, so that the image is complete.
                   graph::Copy copy;
                   copy.sources = {"/"};
                   copy.destination = "/";
                   const std::string label = "FROM " + context.name;
                   info_ = &stage_.from->info;
                   add({.op = copy,
                        .label = label,
                        .created_by = label,
                        .inputs = {lowering_.source(stage_.base, stage_, stage_.from->image)}});
                 },
             },
             stage_.base);
}

std::vector<const ast::Trigger*> StageLowering::take_triggers() {
  const std::vector<std::string> texts = std::exchange(config().on_build, {});
  std::vector<const ast::Trigger*> triggers = std::exchange(state_.triggers, {});
  if (!triggers.empty()) return triggers;  // of a stage of this Dockerfile: parsed already
  for (const std::string& text : texts) {
    in_trigger(text, [&] {
      ast::Instruction trigger = parse_instruction(text);
      if (std::holds_alternative<ast::From>(trigger) ||
          std::holds_alternative<ast::Onbuild>(trigger) ||
          std::holds_alternative<ast::Maintainer>(trigger)) {
        throw DockerfileError({}, ast::info_of(trigger).keyword + " is not allowed there");
      }
      parsed_triggers_.push_back({text, std::move(trigger)});
    });
  }
  for (const ast::Trigger& trigger : parsed_triggers_)
    triggers.push_back(&trigger);
  return triggers;
}

void StageLowering::run_triggers(const std::vector<const ast::Trigger*>& triggers) {
  static constexpr std::size_t kWorkOfTrigger = 50;
  for (const ast::Trigger* trigger : triggers) {
    spend(kWorkOfTrigger, from_place());
    in_trigger(ast::info_of(trigger->instruction).original, [&] {
      if (const auto* arg = std::get_if<ast::Arg>(&trigger->instruction)) {
        for (const ast::ArgDeclaration& declaration : arg->declarations)
          lowering_.add_consumed_argument(declaration.name.text);
      }
      lower(trigger->instruction);
    });
  }
}

}  // namespace cbuild::frontend
