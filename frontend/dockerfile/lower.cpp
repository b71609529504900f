// Lowers the stages of a Dockerfile to a graph and a config: see lower.h.
#include "frontend/dockerfile/lower.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "cbuild/util/overloaded.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/expansion.h"
#include "frontend/dockerfile/lint/lint.h"
#include "frontend/dockerfile/parse.h"

namespace cbuild::frontend {

namespace {

constexpr std::string_view kHistoryComment = "buildkit.dockerfile.v0";
constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Arguments that need no ARG to be of use, besides those in Stages::globals.
constexpr auto kBuiltInArguments = std::to_array<std::string_view>(
    {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy", "source_date_epoch"});

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

/// Makes `platform` the one that was asked for, which may leave open what it is exactly.
void set_platform(oci::Platform& platform, const oci::Platform& asked) {
  const bool same = platform.os == asked.os && platform.architecture == asked.architecture;
  if (same && asked.variant.empty() && asked.os_version.empty()) return;
  platform = asked;
}

/// Ends the lowering at once: no instruction after it is looked at.
struct TooMuch : Error {
  TooMuch(const SourceRange& place_in, const std::string& message)
      : Error(ErrorKind::usage, "{}", message), place(place_in) {}

  SourceRange place;
};

void check_one(const ast::Instruction& instruction, const Options& options) {
  std::visit(overloaded{
                 [&](const ast::Run& run) { check_instruction(run, options); },
                 [](const ast::Copy& copy) { check_instruction(copy); },
                 [](const ast::Add& add) { check_instruction(add); },
                 [](const ast::Expose& expose) { check_instruction(expose); },
                 [](const ast::Stopsignal& stopsignal) { check_instruction(stopsignal); },
                 [](const auto&) {},
             },
             instruction);
}

}  // namespace

void check_stages(const Stages& stages,
                  const std::vector<std::size_t>& wanted,
                  const Options& options,
                  char escape,
                  Faults& faults) {
  const auto check = [&](const ast::Instruction& instruction) { check_one(instruction, options); };
  std::set<std::size_t> fired;  // stages whose triggers were checked
  for (const std::size_t index : wanted) {
    const Stage& stage = stages.all[index];
    if (stage.is_replaced) continue;
    const auto* base = std::get_if<StageOrigin>(&stage.base);
    if (base != nullptr && fired.insert(base->index).second)
      faults.collect([&] { for_each_trigger(stages.all[base->index], check); });
    for (const ast::Instruction* instruction : stage.instructions) {
      faults.collect([&] { check(*instruction); });
      check_expansion(*instruction, escape, faults);
    }
  }
}

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

// --- the whole file

Lowered Lowering::lower_target() {
  const std::vector<std::size_t> needed = needed_stages(stages_, options_);
  graph_.reserve(ast_.instructions.size());
  dependents_[stages_.target] = 1;  // the result itself
  for (const std::size_t index : needed) {
    const auto* base = std::get_if<StageOrigin>(&stages_.all[index].base);
    if (base != nullptr) ++dependents_[base->index];
  }
  try {
    for (const std::size_t index : needed)  // in order of the file: recursion stays flat
      stage(index);
  } catch (const TooMuch& error) {
    faults_.add({error.place, error.what()});
  } catch (const ResolveError&) {
    faults_.throw_if_any();  // they are wrong whatever that image holds
    throw;
  }
  faults_.throw_if_any();

  const StageState& target = stage(stages_.target);
  Lowered lowered;
  lowered.root = target.root;
  lowered.config = target.config;
  if (options_.platform_given) set_platform(lowered.config.platform, options_.platform);
  for (const auto& [name, value] : options_.labels)
    lowered.config.config.labels[name] = value;
  lowered.base_history = target.base_history;
  lowered.layers = target.layers;
  lowered.unused_build_args = unused_build_args();
  lowered.source_date_epoch = stages_.globals.find("SOURCE_DATE_EPOCH");
  lowered.graph = std::move(graph_);
  return lowered;
}

const StageState& Lowering::stage(std::size_t index) {
  if (const auto found = done_.find(index); found != done_.end()) return found->second;
  return done_.emplace(index, StageLowering(*this, stages_.all[index]).run()).first->second;
}

StageState Lowering::begin_with(std::size_t index, const SourceRange& from) {
  stage(index);
  StageState& base = done_.at(index);
  if (--dependents_[index] == 0) {
    const graph::VertexId root = base.root;
    StageState taken = std::move(base);
    base.root = root;
    return taken;
  }
  const oci::ImageConfig& config = base.config;
  spend(3 * (config.history.size() + base.variables.work()) + config.config.exposed_ports.size(),
        from);
  return base;
}

const ResolvedImage& Lowering::resolve(const Origin& origin,
                                       const oci::Platform& platform,
                                       const Stage& user,
                                       const ast::Word& from) {
  const auto* context = std::get_if<ContextOrigin>(&origin);
  const auto* image = std::get_if<ImageOrigin>(&origin);
  const std::string key =
      fmt::format("{} {} {}", context ? "context" : "image",
                  context ? context->name : image->reference.to_string(), platform.to_string());
  if (const auto found = resolved_.find(key); found != resolved_.end()) return found->second;
  try {
    ResolvedImage result = context ? resolver_.resolve_context(context->name, platform)
                                   : resolver_.resolve(image->reference, platform);
    return resolved_.emplace(key, std::move(result)).first->second;
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& cause) {
    ResolveError error(from.range, cause);
    std::vector<std::string> names;
    for (const Stage& stage : stages_.all) {
      if (stage.index < user.index && !stage.name.empty()) names.push_back(stage.name);
      if (stage.index > user.index && equals_ignoring_case(stage.name, from.text)) {
        error.with_hint(
            fmt::format("the stage {} comes later: a stage can only build on one before "
                        "it",
                        stage.name));
      }
    }
    const auto near = nearest(from.text, names);
    if (near && error.hint().empty())
      error.with_hint(fmt::format("did you mean the stage {}?", *near));
    throw error;
  }
}

graph::VertexId Lowering::add_image(const ResolvedImage& image, std::string label, int line) {
  graph::Vertex vertex;
  vertex.op = graph::ImageSource{image.reference, image.manifest, image.config.diff_ids};
  vertex.label = std::move(label);
  vertex.line = vertex.last_line = line;
  return graph_.add(std::move(vertex));
}

graph::VertexId Lowering::context(const std::string& name, const std::string& label) {
  graph::Vertex vertex;
  vertex.op = graph::ContextSource{name};
  vertex.label = label;
  return graph_.add(std::move(vertex));
}

graph::VertexId Lowering::build_context() {
  return context("context", "[internal] load build context");
}

graph::VertexId Lowering::remote(graph::Op op, const graph::WrittenWord& url) {
  graph::Vertex vertex;
  vertex.op = std::move(op);
  vertex.label = url.text;
  vertex.line = url.line;
  vertex.last_line = url.last_line;
  vertex.words = {url};
  return graph_.add(std::move(vertex));
}

graph::VertexId Lowering::source(const Origin& origin, const Stage& user, const ast::Word& from) {
  const auto of_image = [&] {
    const ResolvedImage& image = resolve(origin, options_.platform, user, from);
    return add_image(image, "FROM " + image.reference.to_string(), from.range.line);
  };
  return std::visit(overloaded{
                        [](const ScratchOrigin&) { return graph::kNoInput; },
                        [&](const StageOrigin& other) { return stage(other.index).root; },
                        [&](const ImageOrigin&) { return of_image(); },
                        [&](const ContextOrigin& named) {
                          if (named.kind == ContextKind::image) return of_image();
                          return context(named.name, fmt::format("[context {}] load", named.name));
                        },
                    },
                    origin);
}

std::vector<std::string> Lowering::unused_build_args() const {
  std::set<std::string> used(consumed_.begin(), consumed_.end());
  const auto add = [&](const ast::Instruction& instruction) {
    if (const auto* arg = std::get_if<ast::Arg>(&instruction)) {
      for (const ast::ArgDeclaration& declaration : arg->declarations)
        used.insert(declaration.name.text);
    }
  };
  for (const ast::Instruction& instruction : ast_.instructions) {
    add(instruction);
    if (const auto* onbuild = std::get_if<ast::Onbuild>(&instruction))
      add(parse_instruction(onbuild->trigger));
  }
  std::vector<std::string> unused;
  for (const auto& [name, value] : options_.build_args) {
    const std::string lower = to_lower(name);
    const bool built_in = stages_.globals.find(name) || lower.starts_with("buildkit_") ||
                          std::ranges::find(kBuiltInArguments, lower) != kBuiltInArguments.end();
    if (!built_in && !used.contains(name)) unused.push_back(name);
  }
  return unused;
}

void Lowering::spend(std::size_t items, const SourceRange& place) {
  static constexpr std::size_t kMost = 3'000'000;
  spent_ += items;
  if (spent_ <= kMost) return;
  throw TooMuch(place, fmt::format("the Dockerfile comes to too much: its ports, triggers, "
                                   "variables and stages multiply to more than {} items",
                                   kMost));
}

// --- one stage

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
  const SourceRange range = placed(word).range;
  return {text, range.line, range.last_line, range.column, range.end_column};
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
  const ast::Info& place = in_trigger_ ? stage.from->info : *info;
  graph::Vertex vertex;
  const bool alone = stands_alone(op);
  vertex.op = std::move(op);
  vertex.inputs = {alone ? graph::kNoInput : state.root};
  vertex.inputs.insert(vertex.inputs.end(), others.begin(), others.end());
  vertex.label = step_label(label);
  vertex.line = place.range.line;
  vertex.last_line = place.range.last_line;
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

void StageLowering::add_history(const std::string& created_by, bool empty_layer) {
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

Lowered lower(std::string_view dockerfile, const Options& options, ImageResolver& resolver) {
  Faults faults;
  const Ast ast = parse(dockerfile, faults);
  if (faults.blocking()) faults.throw_if_any();
  const std::size_t ill_formed = faults.size();
  Observations seen;
  const Stages stages = split_stages(ast, options, faults, &seen);
  if (faults.size() > ill_formed) faults.throw_if_any();  // which stages are needed is not known
  const std::vector<std::size_t> needed = needed_stages(stages, options);
  check_stages(stages, needed, options, ast.directives.escape, faults);
  faults.throw_if_any();
  const CheckOptions check_options = check_options_of(ast, options);
  Lowered lowered = Lowering(ast, stages, options, resolver, seen).lower_target();
  lowered.warnings = lint({.text = dockerfile,
                           .ast = ast,
                           .stages = &stages,
                           .linted = needed,
                           .seen = seen,
                           .options = options,
                           .check = check_options});
  lowered.warnings_are_errors = check_options.error;
  return lowered;
}

}  // namespace cbuild::frontend
