// Lowers one stage; see stage_lowering.h.
#include "frontend/dockerfile/stage_lowering.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "cbuild/frontend/options.h"
#include "cbuild/graph/environment.h"
#include "cbuild/graph/graph.h"
#include "cbuild/util/default_path.h"
#include "cbuild/util/overloaded.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/base_images.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/lowering.h"
#include "frontend/dockerfile/observations.h"
#include "frontend/dockerfile/parse.h"
#include "frontend/dockerfile/source_vertices.h"
#include "frontend/dockerfile/stages.h"
#include "frontend/dockerfile/step.h"

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
  StageState state;
  StageLowering(lowering, stage, state).run();
  return state;
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

void StageLowering::run() {
  begin();
  if (stage_.is_replaced) return add_base_vertex();
  std::vector<ast::Trigger> parsed;
  const std::vector<const ast::Trigger*> triggers = take_triggers(parsed);
  for (const ast::Trigger* trigger : triggers)
    state_.steps += is_step(trigger->instruction) ? 1 : 0;
  for (const ast::Instruction* instruction : stage_.instructions)
    state_.steps += is_step(*instruction) ? 1 : 0;
  add_base_vertex();
  run_triggers(triggers);
  for (const ast::Instruction* instruction : stage_.instructions)
    lowering_.faults().collect([&] { lower(*instruction); });
}

void StageLowering::lower(const ast::Instruction& instruction) {
  info_ = &ast::info_of(instruction);
  if (is_step(instruction)) ++state_.step;
  std::visit([&](const auto& one) { one.lower(*this); }, instruction);
}

oci::RunConfig& StageLowering::config() noexcept {
  return state_.config.config;
}

const oci::RunConfig& StageLowering::config() const noexcept {
  return state_.config.config;
}

const graph::WrittenWord& StageLowering::user() const noexcept {
  return state_.user;
}

const Options& StageLowering::options() const noexcept {
  return lowering_.context().options;
}

std::optional<std::string> StageLowering::build_argument(const std::string& name) const {
  const auto given = options().build_args.find(name);
  return given == options().build_args.end() ? std::nullopt : std::optional(given->second);
}

std::optional<std::string> StageLowering::global_argument(const std::string& name) const {
  return lowering_.context().stages.globals.find(name);
}

std::optional<std::string> StageLowering::variable(std::string_view name) const {
  return state_.variables.find(name);
}

graph::Environment StageLowering::environment() {
  return state_.variables.environment();
}

std::string StageLowering::arguments_text() {
  static constexpr std::size_t kBytesOfItem = 64;
  spend(state_.arguments.bytes() / kBytesOfItem, from_place());
  return state_.arguments.text();
}

void StageLowering::spend(std::size_t items, const SourceRange& place) {
  lowering_.spend(items, place);
}

const SourceRange& StageLowering::from_place() const noexcept {
  return stage_.from->info.range;
}

NamedFiles StageLowering::files_of(const ast::Word& from) {
  const LoweringContext& context = lowering_.context();
  const Origin origin = find_origin(context.stages, stage_.index, from, context.options);
  const ast::Word shown{from.text, place_of(from)};
  const auto image = [&] {
    const ResolvedImage& found =
        context.images.resolve(origin, context.options.platform, stage_, shown);
    const std::string label = "FROM " + found.reference.to_string();
    return NamedFiles{add_image(context.graph, found, label, shown.range.line)};
  };
  return std::visit(
      overloaded{
          [](const ScratchOrigin&) { return NamedFiles{}; },
          [&](const StageOrigin& other) { return NamedFiles{lowering_.stage(other.index).root}; },
          [&](const ImageOrigin&) { return image(); },
          [&](const ContextOrigin& named) {
            return named.is_image ? image() : NamedFiles{named_context(named.name), true};
          },
      },
      origin);
}

graph::VertexId StageLowering::named_context(const std::string& name) const {
  return add_context(lowering_.context().graph, {name, options().contexts.at(name).identity},
                     fmt::format("[context {}] load", name));
}

graph::VertexId StageLowering::build_context() {
  return add_context(lowering_.context().graph, {"context", options().context_identity},
                     "[internal] load build context");
}

graph::VertexId StageLowering::remote(const graph::HttpSource& file,
                                      const graph::WrittenWord& url) {
  return add_remote(lowering_.context().graph, file, url);
}

graph::VertexId StageLowering::remote(const graph::GitSource& repository,
                                      const graph::WrittenWord& url) {
  return add_remote(lowering_.context().graph, repository, url);
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
  if (name.empty() && lowering_.context().stages.all.size() > 1)
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
    rebase.inputs = {state_.root, lowering_.context().graph.add(std::move(vertex))};
    vertex = std::move(rebase);
  }
  state_.root = lowering_.context().graph.add(std::move(vertex));
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
  lowering_.context().seen.stages[stage_.index] = start;
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

const ResolvedImage& StageLowering::base_image() const {
  return lowering_.context().images.resolve(stage_.base, stage_.platform, stage_,
                                            stage_.from->image);
}

void StageLowering::begin_from_image() {
  const ResolvedImage& image = base_image();
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
  const auto add_base_image = [&] {
    const ResolvedImage& image = base_image();
    state_.root = add_image(lowering_.context().graph, image,
                            step_label("FROM " + image.reference.to_string()), from_place().line);
  };
  std::visit(overloaded{
                 [](const ScratchOrigin&) {},
                 [](const StageOrigin&) {},
                 [&](const ImageOrigin&) { add_base_image(); },
                 [&](const ContextOrigin& context) {
                   if (context.is_image) return add_base_image();
                   // The files become a layer of their own, so that the image is complete.
                   graph::Copy copy;
                   copy.sources = {"/"};
                   copy.destination = "/";
                   const std::string label = "FROM " + context.name;
                   info_ = &stage_.from->info;
                   add({.op = copy,
                        .label = label,
                        .created_by = label,
                        .inputs = {named_context(context.name)}});
                 },
             },
             stage_.base);
}

std::vector<const ast::Trigger*> StageLowering::take_triggers(std::vector<ast::Trigger>& parsed) {
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
      parsed.push_back({text, std::move(trigger)});
    });
  }
  for (const ast::Trigger& trigger : parsed)
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
