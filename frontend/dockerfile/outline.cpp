// Reads targets, arguments and secrets off a Dockerfile; see outline.h.
#include "cbuild/frontend/outline.h"

#include <algorithm>
#include <set>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/options.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/parse.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

namespace {

/// The text after "NAME " in the last comment that begins so.
std::string description_of(const ast::Info& info, std::string_view name) {
  if (name.empty()) return {};
  for (auto comment = info.comments.rbegin(); comment != info.comments.rend(); ++comment) {
    const std::string& text = comment->text;
    if (text.starts_with(name) && text.size() > name.size() && text[name.size()] == ' ')
      return text.substr(text.find_first_not_of(' ', name.size()));
  }
  return {};
}

/// "app.key" of "/run/secrets/app.key".
std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

class Collector {
 public:
  Collector(const Options& options, char escape, Variables known)
      : options_(options), escape_(escape), known_(std::move(known)) {}

  void visit(const ast::Instruction& instruction) {
    if (const auto* arg = std::get_if<ast::Arg>(&instruction)) add(*arg);
    if (const auto* env = std::get_if<ast::Env>(&instruction)) add(*env);
    const auto* run = std::get_if<ast::Run>(&instruction);
    if (run == nullptr) return;
    for (const ast::RunMount& mount : run->mounts)
      add(mount, run->info.range.line);
  }

  /// Forgets the arguments seen so far that `used` does not hold.
  void keep_arguments(const std::set<std::string, std::less<>>& used) {
    std::erase_if(outline_.arguments,
                  [&](const Outline::Argument& argument) { return !used.contains(argument.name); });
  }

  Outline take() { return std::move(outline_); }

 private:
  /// Expands with the arguments seen so far; returns the word as written where that fails.
  std::string expand(const ast::Word& word) const {
    const auto lookup = [&](std::string_view name) { return known_.find(name); };
    try {
      return expand_word(word, lookup, {.escape = escape_, .unset = nullptr});
    } catch (const DockerfileError&) {
      return word.text;
    }
  }

  void add(const ast::Env& env) {
    for (const ast::KeyValue& pair : env.values)
      known_.set(expand(pair.key), expand(pair.value));
  }

  void add(const ast::Arg& arg) {
    for (const ast::ArgDeclaration& declaration : arg.declarations) {
      const std::string& name = declaration.name.text;
      std::optional<std::string> value;
      if (const auto given = options_.build_args.find(name); given != options_.build_args.end()) {
        value = given->second;
      } else if (declaration.value) {
        value = expand(*declaration.value);
      } else {
        value = known_.find(name);
      }
      if (value) known_.set(name, *value);
      const std::string description = description_of(arg.info, name);
      const auto same = std::ranges::find(outline_.arguments, name, &Outline::Argument::name);
      if (same == outline_.arguments.end()) {
        outline_.arguments.push_back({name, description, value, arg.info.range.line});
      } else {  // declared again in a stage
        if (same->description.empty()) same->description = description;
        if (!same->value) same->value = value;
      }
    }
  }

  void add(const ast::RunMount& mount, int line) {
    using Type = graph::ExecMount::Type;
    std::string id = mount.id ? expand(*mount.id) : "";
    if (id.empty() && mount.type == Type::secret && mount.source) id = expand(*mount.source);
    const std::string target = mount.target ? expand(*mount.target) : "";
    const bool required =
        mount.required && mount.required->text != "false" && mount.required->text != "0";
    if (mount.type == Type::secret)
      add_credential(outline_.secrets, id.empty() ? last_part(target) : id, required, line);
    if (mount.type == Type::ssh)
      add_credential(outline_.ssh, id.empty() ? "default" : id, required, line);
    if (mount.type != Type::cache) return;
    const std::string cache = id.empty() ? target : id;
    if (std::ranges::find(outline_.caches, cache, &Outline::Cache::id) == outline_.caches.end())
      outline_.caches.push_back({cache, line});
  }

  static void add_credential(std::vector<Outline::Credential>& all,
                             const std::string& id,
                             bool required,
                             int line) {
    const auto same = std::ranges::find(all, id, &Outline::Credential::id);
    if (same == all.end()) {
      all.push_back({id, required, line});
    } else {
      same->required = same->required || required;
    }
  }

  const Options& options_;
  char escape_;
  Variables known_;
  Outline outline_;
};

/// The global arguments that the stages `needed` depend on: what their FROM and ARG name, and what
/// the defaults of those name.
std::set<std::string, std::less<>> used_arguments(const Ast& ast,
                                                  const Stages& stages,
                                                  const std::vector<std::size_t>& needed) {
  std::set<std::string, std::less<>> used;
  const auto note = [&](std::string_view name) {
    used.emplace(name);
    return stages.globals.find(name);
  };
  const auto note_all = [&](const std::optional<ast::Word>& word) {
    if (word) expand_word(*word, note, {.escape = ast.directives.escape, .unset = nullptr});
  };
  for (const std::size_t index : needed) {
    note_all(stages.all[index].from->image);
    note_all(stages.all[index].from->platform);
    for (const ast::Instruction* instruction : stages.all[index].instructions) {
      const auto* arg = std::get_if<ast::Arg>(instruction);
      if (arg == nullptr) continue;
      for (const ast::ArgDeclaration& declaration : arg->declarations)
        used.insert(declaration.name.text);
    }
  }
  std::vector<const ast::ArgDeclaration*> globals;
  for (const ast::Instruction& instruction : ast.instructions) {
    if (std::holds_alternative<ast::From>(instruction)) break;
    const auto* arg = std::get_if<ast::Arg>(&instruction);
    for (std::size_t i = 0; arg != nullptr && i < arg->declarations.size(); ++i)
      globals.push_back(&arg->declarations[i]);
  }
  std::ranges::reverse(globals);  // a default names arguments before it
  for (const ast::ArgDeclaration* declaration : globals) {
    if (used.contains(declaration->name.text)) note_all(declaration->value);
  }
  return used;
}

}  // namespace

Outline outline(std::string_view dockerfile, const Options& options) {
  const Ast ast = parse(dockerfile);
  const Stages stages = split_stages(ast, options);
  Collector collector(options, ast.directives.escape, stages.globals);
  for (const ast::Instruction& instruction : ast.instructions) {
    if (std::holds_alternative<ast::From>(instruction)) break;
    collector.visit(instruction);
  }
  const std::vector<std::size_t> needed = needed_stages(stages, options);
  collector.keep_arguments(used_arguments(ast, stages, needed));
  for (const std::size_t index : needed) {
    if (stages.all[index].is_replaced) continue;
    for (const ast::Instruction* instruction : stages.all[index].instructions)
      collector.visit(*instruction);
  }
  Outline result = collector.take();
  const Stage& target = stages.all[stages.target];
  result.name = target.name;
  result.description = description_of(target.from->info, target.name);
  return result;
}

std::vector<TargetInfo> targets(std::string_view dockerfile, const Options& options) {
  const Ast ast = parse(dockerfile);
  Options of_all = options;
  of_all.target.clear();
  const Stages stages = split_stages(ast, of_all);
  const auto lookup = [&](std::string_view name) { return stages.globals.find(name); };
  const ExpandOptions expansion{.escape = ast.directives.escape, .unset = nullptr};
  std::vector<TargetInfo> result;
  for (const Stage& stage : stages.all) {
    const bool is_default = stage.index + 1 == stages.all.size();
    TargetInfo target;
    target.name = stage.name;
    target.description = description_of(stage.from->info, stage.name);
    target.base = expand_word(stage.from->image, lookup, expansion);
    if (stage.from->platform) target.platform = stage.platform.to_string();
    target.is_default = is_default;
    target.line = stage.from->info.range.line;
    result.push_back(std::move(target));
  }
  return result;
}

}  // namespace cbuild::frontend
