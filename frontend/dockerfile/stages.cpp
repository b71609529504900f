// Splits a Dockerfile into stages; see stages.h.
#include "frontend/dockerfile/stages.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/options.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/faults.h"
#include "frontend/dockerfile/observations.h"

namespace cbuild::frontend {

namespace {

void set_platform(Variables& variables, const std::string& prefix, const oci::Platform& platform) {
  variables.set(prefix + "PLATFORM", platform.to_string());
  variables.set(prefix + "OS", platform.os);
  variables.set(prefix + "OSVERSION", platform.os_version);
  variables.set(prefix + "ARCH", platform.architecture);
  variables.set(prefix + "VARIANT", platform.variant);
}

/// "default" for a result without a name.
std::string name_of_result(const Ast& ast, const Options& options) {
  std::string name = options.target;
  for (const ast::Instruction& instruction : ast.instructions) {
    const auto* from = std::get_if<ast::From>(&instruction);
    if (from != nullptr && options.target.empty()) name = from->stage;
  }
  return name.empty() ? "default" : name;
}

/// The arguments that are there without being declared; --build-arg overrides them.
Variables predefined_arguments(const Ast& ast, const Options& options) {
  Variables variables;
  set_platform(variables, "BUILD", options.build_platform);
  set_platform(variables, "TARGET", options.platform);
  variables.set("TARGETSTAGE", name_of_result(ast, options));
  Variables result = variables;
  for (const auto& [name, value] : options.build_args) {
    if (variables.find(name)) result.set(name, value);
  }
  return result;
}

std::string expand_with(const Variables& variables, const ast::Word& word, ExpandOptions options) {
  return expand_word(
      word, [&](std::string_view name) { return variables.find(name); }, options);
}

/// Those of an ARG before the first FROM.
void set_arguments(Variables& globals, const ast::Arg& arg, const Options& options, char escape) {
  for (const ast::ArgDeclaration& declaration : arg.declarations) {
    const std::string& name = declaration.name.text;
    const auto given = options.build_args.find(name);
    if (given != options.build_args.end()) {
      globals.set(name, given->second);
    } else if (declaration.value) {
      globals.set(name,
                  expand_with(globals, *declaration.value, {.escape = escape, .unset = nullptr}));
    }
  }
}

bool is_predefined(const std::string& name) {
  return name.starts_with("TARGET") || name.starts_with("BUILD");
}

/// Of predefined arguments only a slip of one letter counts: "target" is not TARGETOS.
std::optional<std::string> argument_meant(const std::string& name,
                                          const std::vector<std::string>& declared) {
  std::vector<std::string> own;
  std::vector<std::string> predefined;
  for (const std::string& known : declared)
    (is_predefined(known) ? predefined : own).push_back(known);
  if (auto meant = nearest(name, own)) return meant;
  return nearest(name, predefined, 1);
}

class Splitter {
 public:
  Splitter(const Ast& ast, const Options& options, Faults& faults, Observations* seen)
      : ast_(ast), options_(options), faults_(faults), seen_(seen) {
    stages_.globals = predefined_arguments(ast, options);
  }

  Stages split() {
    for (const ast::Instruction& instruction : ast_.instructions)
      faults_.collect([&] {
        if (const auto* from = std::get_if<ast::From>(&instruction)) return begin_stage(*from);
        const auto* arg = std::get_if<ast::Arg>(&instruction);
        const bool is_global = arg != nullptr && stages_.all.empty();
        is_global ? set_arguments(stages_.globals, *arg, options_, ast_.directives.escape)
                  : add(instruction);
      });
    if (stages_.all.empty()) {
      faults_.throw_if_any();
      throw DockerfileError(ast::info_of(ast_.instructions.back()).range,
                            "dockerfile contains no stages to build (want FROM)");
    }
    return std::move(stages_);
  }

 private:
  /// A word of a FROM line.
  /// @param unset_names  receives the variables without a value; may be null
  std::string expand_global(const ast::Word& word,
                            std::vector<std::string>* unset_names = nullptr) {
    std::vector<std::string> unset;
    std::string result =
        expand_with(stages_.globals, word, {.escape = ast_.directives.escape, .unset = &unset});
    if (unset_names != nullptr) *unset_names = unset;
    if (seen_ != nullptr) {
      for (const std::string& name : unset)
        report_unset(name, word.range);
    }
    return result;
  }

  void report_unset(const std::string& name, const SourceRange& range) {
    if (declared_.empty()) declared_ = declared_names();
    if (std::ranges::binary_search(declared_, name)) return;
    const bool suggest = seen_->unset_in_from.size() < kMaxSuggestions;
    seen_->unset_in_from.push_back(
        {.name = name,
         .range = range,
         .suggestion = suggest ? argument_meant(name, declared_).value_or("") : "",
         .instruction_line = range.line});
  }

  /// Suggests a name for the first variable of `word` that nothing declares.
  std::string advice_for(const ast::Word& word) {
    std::vector<std::string> unset;
    expand_with(stages_.globals, word, {.escape = ast_.directives.escape, .unset = &unset});
    const std::vector<std::string> declared = declared_names();
    for (const std::string& name : unset) {
      const auto meant = argument_meant(name, declared);
      if (meant && *meant != name) return fmt::format(" (did you mean {}?)", *meant);
    }
    return {};
  }

  /// The predefined arguments and those before the first FROM, with value or without. Sorted.
  std::vector<std::string> declared_names() const {
    std::vector<std::string> names = stages_.globals.names();
    for (const ast::Instruction& instruction : ast_.instructions) {
      if (std::holds_alternative<ast::From>(instruction)) break;
      if (const auto* arg = std::get_if<ast::Arg>(&instruction)) {
        for (const ast::ArgDeclaration& declaration : arg->declarations)
          names.push_back(declaration.name.text);
      }
    }
    std::ranges::sort(names);
    return names;
  }

  void add(const ast::Instruction& instruction) {
    if (stages_.all.empty()) {
      if (std::exchange(told_of_no_stage_, true)) return;
      throw DockerfileError(ast::info_of(instruction).range,
                            "no build stage in current context (want FROM first)");
    }
    stages_.all.back().instructions.push_back(&instruction);
  }

  oci::Platform platform_of(const ast::From& from) {
    if (!from.platform) return options_.platform;
    const std::string text = expand_global(*from.platform);
    if (text.empty()) {
      throw DockerfileError(from.platform->range,
                            fmt::format("empty platform value from expression {}{}",
                                        from.platform->text, advice_for(*from.platform)));
    }
    try {
      return oci::Platform::parse(text);
    } catch (const Error& error) {
      throw DockerfileError(from.platform->range,
                            fmt::format("failed to parse platform {}: {}{}", from.platform->text,
                                        error.what(), advice_for(*from.platform)));
    }
  }

  void begin_stage(const ast::From& from) {
    Stage stage;
    stage.index = stages_.all.size();
    stage.name = from.stage;
    stage.from = &from;
    // One whose base is wrong counts as a stage nevertheless: others may refer to it.
    faults_.collect([&] { set_base(stage); });
    if (!stage.name.empty()) stages_.by_name[stage.name].push_back(stage.index);
    stages_.all.push_back(std::move(stage));
  }

  void set_base(Stage& stage) {
    const ast::From& from = *stage.from;
    stage.platform = platform_of(from);
    ast::Word image = from.image;
    std::vector<std::string> unset;
    image.text = expand_global(from.image, &unset);
    try {
      if (image.text.empty()) {
        throw DockerfileError(image.range,
                              fmt::format("base name ({}) should not be blank", from.image.text));
      }
      stage.base = base_of(stage, image);
    } catch (const DockerfileError& error) {
      if (unset.empty()) throw;
      throw DockerfileError(
          error.range(),
          fmt::format("{}: {} has no value, only an ARG before the first FROM is visible here",
                      error.what(), unset.front()));
    }
  }

  Origin base_of(Stage& stage, const ast::Word& image) const;

  const Ast& ast_;
  const Options& options_;
  Faults& faults_;
  Observations* seen_;
  std::vector<std::string> declared_;  // when first needed
  Stages stages_;
  bool told_of_no_stage_ = false;
};

/// "alpine" and "docker.io/library/alpine:latest" are one name.
std::string normal_name(const std::string& name) {
  const auto reference = oci::Reference::try_parse(name);
  return reference ? reference->to_string() : name;
}

/// The --build-context that stands for `name`; one for this platform only ("NAME::linux/arm64")
/// goes first.
std::optional<Origin> find_context(const std::string& name,
                                   const oci::Platform& platform,
                                   const Options& options) {
  if (options.contexts.empty()) return std::nullopt;
  const std::string wanted = normal_name(name);
  const std::string suffix = "::" + platform.to_string();
  const auto matching = [&](bool for_platform) -> std::optional<Origin> {
    for (const auto& [given, context] : options.contexts) {
      if (given.ends_with(suffix) != for_platform) continue;
      const std::string key = for_platform ? given.substr(0, given.size() - suffix.size()) : given;
      if (!equals_ignoring_case(key, name) && normal_name(key) != wanted) continue;
      if (context.kind == ContextKind::scratch) return ScratchOrigin{};
      return ContextOrigin{given, context.kind == ContextKind::image};
    }
    return std::nullopt;
  };
  if (auto found = matching(true)) return found;
  return matching(false);
}

/// The last stage before `end` of that name.
std::optional<std::size_t> find_stage(const Stages& stages,
                                      std::string_view name,
                                      std::size_t end) {
  const auto named = stages.by_name.find(to_lower(name));
  if (named == stages.by_name.end()) return std::nullopt;
  const auto after = std::ranges::lower_bound(named->second, end);
  if (after == named->second.begin()) return std::nullopt;
  return *std::prev(after);
}

std::vector<std::string> stage_names(const Stages& stages) {
  std::vector<std::string> names;
  for (const Stage& stage : stages.all) {
    if (!stage.name.empty()) names.push_back(stage.name);
  }
  return names;
}

/// "build", or "stage 2" for one without name.
std::string display_name(const Stage& stage) {
  return stage.name.empty() ? fmt::format("stage {}", stage.index) : stage.name;
}

oci::Reference parse_reference(const ast::Word& word) {
  try {
    return oci::Reference::parse(word.text);
  } catch (const Error& error) {
    throw DockerfileError(word.range, error.what());
  }
}

Origin Splitter::base_of(Stage& stage, const ast::Word& image) const {
  if (!stage.name.empty()) {
    if (auto context = find_context(stage.name, stage.platform, options_)) {
      stage.is_replaced = true;
      return *context;
    }
  }
  if (auto context = find_context(image.text, stage.platform, options_)) return *context;
  if (auto index = find_stage(stages_, image.text, stage.index)) return StageOrigin{*index};
  if (image.text == "scratch") return ScratchOrigin{};
  return ImageOrigin{parse_reference(image)};
}

std::size_t find_target(const Stages& stages, const std::string& target) {
  if (target.empty()) return stages.all.size() - 1;
  if (auto index = find_stage(stages, target, stages.all.size())) return *index;
  if (auto number = parse_uint(target); number && *number < stages.all.size())
    return static_cast<std::size_t>(*number);
  const std::vector<std::string> names = stage_names(stages);
  std::string advice;
  if (const auto near = nearest(target, names)) {
    advice = fmt::format(" (did you mean {}?)", *near);
  } else if (!names.empty()) {
    advice = fmt::format(" (there are: {})", join(names, ", "));
  }
  throw Error(ErrorKind::usage, "target stage \"{}\" could not be found{}", target, advice);
}

}  // namespace

std::vector<const ast::Onbuild*> triggers_of(const Stage& stage) {
  std::vector<const ast::Onbuild*> triggers;
  for (const ast::Instruction* instruction : stage.instructions) {
    if (const auto* onbuild = std::get_if<ast::Onbuild>(instruction)) triggers.push_back(onbuild);
  }
  return triggers;
}

Origin find_origin(const Stages& stages,
                   std::size_t index,
                   const ast::Word& from,
                   const Options& options) {
  const Stage& current = stages.all[index];
  if (auto context = find_context(from.text, options.platform, options)) return *context;
  if (auto found = find_stage(stages, from.text, index)) return StageOrigin{*found};
  if (auto number = parse_uint(from.text)) {
    if (*number < index) return StageOrigin{static_cast<std::size_t>(*number)};
    throw DockerfileError(
        from.range, fmt::format("invalid stage index {} (want an earlier stage: this one is {})",
                                from.text, index));
  }
  if (equals_ignoring_case(from.text, current.name)) {
    throw DockerfileError(from.range,
                          fmt::format("stage \"{}\" cannot take files from itself", current.name));
  }
  if (find_stage(stages, from.text, stages.all.size())) {
    throw DockerfileError(
        from.range,
        fmt::format("cannot copy from stage \"{}\", it needs to be defined before current stage "
                    "\"{}\"",
                    from.text, display_name(current)));
  }
  if (from.text == "scratch") return ScratchOrigin{};
  return ImageOrigin{parse_reference(from)};
}

Variables default_arguments(const Ast& ast, const Options& given) {
  Options options = given;
  options.build_args.clear();
  Variables globals = predefined_arguments(ast, options);
  for (const ast::Instruction& instruction : ast.instructions) {
    if (std::holds_alternative<ast::From>(instruction)) break;
    if (const auto* arg = std::get_if<ast::Arg>(&instruction))
      set_arguments(globals, *arg, options, ast.directives.escape);
  }
  return globals;
}

Stages split_stages(const Ast& ast, const Options& options, Faults& faults, Observations* seen) {
  Stages stages = Splitter(ast, options, faults, seen).split();
  for (const Stage& stage : stages.all) {
    for (const ast::Instruction* instruction : stage.instructions) {
      for (const ast::Word* from : ast::words_of(*instruction).origins)
        faults.collect([&] { find_origin(stages, stage.index, *from, options); });
    }
  }
  stages.target = find_target(stages, options.target);
  return stages;
}

Stages split_stages(const Ast& ast, const Options& options) {
  Faults faults;
  Stages stages = split_stages(ast, options, faults);
  faults.throw_if_any();
  return stages;
}

namespace {

/// Where the triggers of `stage` point to; the words have the place of their ONBUILD.
std::vector<ast::Word> origins_of_triggers(const Stage& stage) {
  std::vector<ast::Word> words;
  for (const ast::Onbuild* onbuild : triggers_of(stage)) {
    for (const ast::Word* word : ast::words_of(onbuild->trigger->instruction).origins)
      words.push_back({word->text, onbuild->info.range});
  }
  return words;
}

}  // namespace

std::vector<std::size_t> needed_stages(const Stages& stages, const Options& options) {
  std::set<std::size_t> needed;
  std::vector<std::size_t> open = {stages.target};
  std::map<std::size_t, std::vector<ast::Word>> of_triggers;  // of the stages that are bases
  const auto need = [&](const Origin& origin) {
    if (const auto* stage = std::get_if<StageOrigin>(&origin)) open.push_back(stage->index);
  };
  while (!open.empty()) {
    const Stage& stage = stages.all[open.back()];
    open.pop_back();
    if (!needed.insert(stage.index).second) continue;
    need(stage.base);
    if (stage.is_replaced) continue;
    for (const ast::Instruction* instruction : stage.instructions) {
      for (const ast::Word* from : ast::words_of(*instruction).origins)
        need(find_origin(stages, stage.index, *from, options));
    }
    if (const auto* base = std::get_if<StageOrigin>(&stage.base)) {
      const auto [entry, is_new] = of_triggers.try_emplace(base->index);
      if (is_new) entry->second = origins_of_triggers(stages.all[base->index]);
      for (const ast::Word& from : entry->second)
        need(find_origin(stages, stage.index, from, options));
    }
  }
  return {needed.begin(), needed.end()};
}

std::vector<std::size_t> linted_stages(const Stages& stages, const Options& options) {
  if (!options.target.empty()) return needed_stages(stages, options);
  std::vector<std::size_t> all(stages.all.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace cbuild::frontend
