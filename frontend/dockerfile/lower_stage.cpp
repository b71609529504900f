// Lowers one stage to vertices and a config: see lower.h.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "cbuild/util/overloaded.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/lower.h"
#include "frontend/dockerfile/parse.h"

namespace cbuild::frontend {

namespace {

constexpr std::string_view kHistoryComment = "buildkit.dockerfile.v0";
constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool is_step(const ast::Instruction& instruction) {
  return std::holds_alternative<ast::Run>(instruction) ||
         std::holds_alternative<ast::Copy>(instruction) ||
         std::holds_alternative<ast::Add>(instruction) ||
         std::holds_alternative<ast::Workdir>(instruction);
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

bool is_constant(const ast::Word& word) {
  return word.text.find('$') == std::string::npos;
}

void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value) {
  const std::string prefix = name + "=";
  for (std::string& entry : env) {
    if (entry.starts_with(prefix)) {
      entry = prefix + value;
      return;
    }
  }
  env.push_back(prefix + value);
}

StageState StageLowering::run() {
  begin();
  if (stage.is_replaced) {
    add_base_vertex();
    return std::move(state);
  }
  const std::vector<ast::Instruction> triggers = take_triggers();
  state.steps += static_cast<std::size_t>(std::ranges::count_if(triggers, is_step));
  for (const ast::Instruction* instruction : stage.instructions)
    state.steps += is_step(*instruction) ? 1 : 0;
  add_base_vertex();
  run_triggers(triggers);
  for (const ast::Instruction* instruction : stage.instructions)
    file.faults().collect([&] { lower(*instruction); });
  return std::move(state);
}

void StageLowering::lower(const ast::Instruction& instruction) {
  info = &ast::info_of(instruction);
  if (is_step(instruction)) ++state.step;
  std::visit(overloaded{
                 [](const ast::From&) {},  // begins the next stage
                 [&](const auto& one) { lower_instruction(*this, one); },
             },
             instruction);
}

ast::Word StageLowering::placed(ast::Word word) const {
  if (in_trigger_) word.range = stage.from->info.range;
  return word;
}

graph::WrittenWord StageLowering::written(const ast::Word& word, const std::string& text) const {
  return {text, placed(word).range};
}

std::string StageLowering::expand(const ast::Word& word) const {
  const auto lookup = [&](std::string_view name) { return state.variables.find(name); };
  std::vector<std::string> unset;
  std::string result = expand_word(word, lookup, {.escape = escape(), .unset = &unset});
  static constexpr std::size_t kBytesOfItem = 64;
  file.spend(result.size() / kBytesOfItem, placed(word).range);
  report_expansion(word, result, unset);
  return result;
}

std::vector<std::string> StageLowering::expand_words(const ast::Word& word) const {
  const auto lookup = [&](std::string_view name) { return state.variables.find(name); };
  std::vector<std::string> unset;
  std::vector<std::string> words =
      frontend::expand_words(word, lookup, {.escape = escape(), .unset = &unset});
  report_expansion(word, join(words, " "), unset);
  return words;
}

std::string StageLowering::expand_heredoc(const ast::Heredoc& heredoc) const {
  const auto lookup = [&](std::string_view name) { return state.variables.find(name); };
  std::vector<std::string> unset;
  std::string text =
      frontend::expand_heredoc(heredoc, lookup, {.escape = escape(), .unset = &unset});
  report_unset(unset, heredoc.range);
  return text;
}

std::vector<std::string> StageLowering::empty_variables(const ast::Word& word) const {
  std::vector<std::string> names;
  const auto lookup = [&](std::string_view name) {
    std::optional<std::string> value = state.variables.find(name);
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
  if (result != word.text) file.seen().expanded[&word] = result;
  report_unset(unset, word.range);
}

namespace {

/// What was meant by `name`; empty when nothing is like it.
std::string nearest_variable(const StageState& state, const std::string& name) {
  std::vector<std::string> known = state.variables.names();
  // Hardly an image is without a PATH, and GOPATH is none.
  if (!state.base_known && !name.ends_with("PATH")) known.emplace_back("PATH");
  return nearest(name, known).value_or("");
}

}  // namespace

void StageLowering::report_unset(const std::vector<std::string>& names,
                                 const SourceRange& range) const {
  if (in_trigger_) return;
  for (const std::string& name : names) {
    if (state.arguments.contains(name)) continue;
    const bool suggest = file.seen().unset.size() < kMaxSuggestions;
    file.seen().unset.push_back({.name = name,
                                 .range = range,
                                 .suggestion = suggest ? nearest_variable(state, name) : "",
                                 .base_known = state.base_known,
                                 .instruction_line = info->range.line});
  }
}

std::string StageLowering::absolute(std::string_view path, bool keep_slash) const {
  std::string full(path);
  if (!path.starts_with('/')) full = state.config.config.working_dir + "/" + full;
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
  std::vector<std::string> argv = state.config.config.shell;
  const bool windows = state.config.platform.os == "windows";
  if (argv.empty() && windows) argv = {"cmd", "/S", "/C"};
  if (argv.empty()) argv = {"/bin/sh", "-c"};
  argv.push_back(text);
  return argv;
}

std::string StageLowering::step_label(const std::string& text) const {
  std::string name = stage.name;
  if (name.empty() && file.stages().all.size() > 1) name = fmt::format("stage-{}", stage.index);
  if (file.options().show_platform)
    name = stage.platform.to_string() + (name.empty() ? "" : " ") + name;
  if (!name.empty()) name += ' ';
  const std::size_t width = std::to_string(state.steps).size();
  std::string_view line = text;
  const auto end = line.find('\n');
  return fmt::format("[{}{:>{}}/{}] {}{}", name, state.step, width, state.steps,
                     line.substr(0, end), end == std::string_view::npos ? "" : "...");
}

bool StageLowering::ignores_cache() const {
  const auto names_this = [&](const std::string& name) {
    return name == std::to_string(stage.index) ||
           (!name.empty() && equals_ignoring_case(name, stage.name));
  };
  return file.options().no_cache || std::ranges::any_of(file.options().no_cache_stages, names_this);
}

void StageLowering::add_layer(graph::Op op,
                              const std::vector<graph::VertexId>& others,
                              const std::string& label,
                              const std::string& created_by) {
  graph::Vertex vertex;
  const bool alone = stands_alone(op);
  vertex.op = std::move(op);
  vertex.inputs = {alone ? graph::kNoInput : state.root};
  vertex.inputs.insert(vertex.inputs.end(), others.begin(), others.end());
  vertex.label = step_label(label);
  vertex.range = place();
  vertex.words = std::exchange(step_words, {});
  vertex.ignore_cache = ignores_cache();
  vertex.platform = state.config.platform;
  if (alone && state.root != graph::kNoInput) {
    graph::Vertex rebase = vertex;
    rebase.op = graph::Rebase{};
    rebase.inputs = {state.root, file.graph().add(std::move(vertex))};
    vertex = std::move(rebase);
  }
  state.root = file.graph().add(std::move(vertex));
  state.layers.push_back(state.root);
  add_history(created_by, false);
}

const SourceRange& StageLowering::place() const noexcept {
  return in_trigger_ ? stage.from->info.range : info->range;
}

void StageLowering::add_history(const std::string& created_by, bool empty_layer) {
  state.growth.add_history(created_by, empty_layer, place());
  oci::HistoryEntry entry;
  entry.created_by = created_by;
  entry.comment = kHistoryComment;
  entry.empty_layer = empty_layer;
  state.config.history.push_back(std::move(entry));
}

// --- FROM

void StageLowering::begin() {
  std::visit(overloaded{
                 [&](const ScratchOrigin&) { begin_from_scratch(); },
                 [&](const StageOrigin& base) {
                   state = file.begin_with(base.index, stage.from->info.range);
                 },
                 [&](const ImageOrigin&) { begin_from_image(); },
                 [&](const ContextOrigin& context) {
                   if (context.kind == ContextKind::image) return begin_from_image();
                   begin_from_scratch();
                 },
             },
             stage.base);
  const bool has_base_vertex = !std::holds_alternative<ScratchOrigin>(stage.base) &&
                               !std::holds_alternative<StageOrigin>(stage.base);
  state.step = state.steps = has_base_vertex ? 1 : 0;
  state.has_own_cmd = false;
  report_start();
}

void StageLowering::report_start() const {
  StageStart start;
  start.has_shell = !state.config.config.shell.empty();
  start.working_dir = state.config.config.working_dir;
  const bool is_image = !std::holds_alternative<ScratchOrigin>(stage.base) &&
                        !std::holds_alternative<StageOrigin>(stage.base);
  if (is_image && state.base_known) start.base_platform = state.config.platform;
  file.seen().stages[stage.index] = start;
}

void StageLowering::begin_from_scratch() {
  state.config.platform = stage.platform;
  state.config.config.working_dir = "/";
  begin_environment();
}

/// Every stage has a PATH, but those of Windows, which knows its own.
void StageLowering::begin_environment() {
  std::vector<std::string>& env = state.config.config.env;
  state.variables = variables_of(env);
  const bool may_have_path = !state.base_known || state.config.platform.os == "windows";
  if (may_have_path || state.variables.contains("PATH")) return;
  env.push_back(fmt::format("PATH={}", kDefaultPath));
  state.variables.set("PATH", std::string(kDefaultPath));
}

void StageLowering::begin_from_image() {
  const ResolvedImage& image = file.resolve(stage.base, stage.platform, stage, stage.from->image);
  state.config = image.config;
  state.base_known = image.is_known;
  // An image for arm/v6 is made one for arm/v7 when that was asked for; but one for another
  // processor stays what it is until the image is done, for the sake of its programs.
  oci::Platform& platform = state.config.platform;
  if (platform.architecture.empty() || platform.architecture == stage.platform.architecture)
    platform = stage.platform;
  state.base_history = state.config.history.size();
  // What was said of the base image is not true of this one.
  state.config.created.clear();
  state.config.unknown.clear();
  state.config.unknown_config.clear();
  begin_environment();
}

/// Adds the vertex of the base now that the number of steps is known.
void StageLowering::add_base_vertex() {
  const auto add_image = [&] {
    const ResolvedImage& image = file.resolve(stage.base, stage.platform, stage, stage.from->image);
    state.root = file.add_image(image, step_label("FROM " + image.reference.to_string()),
                                stage.from->info.range.line);
  };
  std::visit(overloaded{
                 [](const ScratchOrigin&) {},
                 [](const StageOrigin&) {},
                 [&](const ImageOrigin&) { add_image(); },
                 [&](const ContextOrigin& context) {
                   if (context.kind == ContextKind::image) return add_image();
                   // The files become a layer of their own, so that the image is complete.
                   graph::Copy copy;
                   copy.sources = {"/"};
                   copy.destination = "/";
                   const std::string label = "FROM " + context.name;
                   info = &stage.from->info;
                   add_layer(copy, {file.source(stage.base, stage, stage.from->image)}, label,
                             label);
                 },
             },
             stage.base);
}

std::vector<ast::Instruction> StageLowering::take_triggers() {
  std::vector<ast::Instruction> triggers;
  for (const std::string& text : std::exchange(state.config.config.on_build, {})) {
    in_trigger(text, [&] {
      ast::Instruction trigger = parse_instruction(text);
      if (std::holds_alternative<ast::From>(trigger) ||
          std::holds_alternative<ast::Onbuild>(trigger) ||
          std::holds_alternative<ast::Maintainer>(trigger)) {
        throw DockerfileError({}, ast::info_of(trigger).keyword + " is not allowed there");
      }
      triggers.push_back(std::move(trigger));
    });
  }
  return triggers;
}

void StageLowering::run_triggers(const std::vector<ast::Instruction>& triggers) {
  static constexpr std::size_t kWorkOfTrigger = 50;
  for (const ast::Instruction& trigger : triggers) {
    file.spend(kWorkOfTrigger, stage.from->info.range);
    in_trigger(ast::info_of(trigger).original, [&] {
      if (const auto* arg = std::get_if<ast::Arg>(&trigger)) {
        for (const ast::ArgDeclaration& declaration : arg->declarations)
          file.add_consumed_argument(declaration.name.text);
      }
      lower(trigger);
    });
  }
}

}  // namespace cbuild::frontend
