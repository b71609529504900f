// What a Dockerfile offers to who builds it: targets, arguments, secrets; see check.h.
#include <algorithm>
#include <set>

#include "cbuild/frontend/check.h"
#include "cbuild/util/overloaded.h"
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
    std::visit(overloaded{
                   [&](const ast::Arg& arg) { add(arg); },
                   [&](const ast::Env& env) { add(env); },
                   [&](const ast::Run& run) {
                     for (const ast::RunMount& mount : run.mounts)
                       add(mount, run.info.range.line);
                   },
                   [](const auto&) {},
               },
               instruction);
  }

  Outline take() { return std::move(outline_); }

 private:
  /// With the arguments seen so far; the word as it stands where that does not do.
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
    const std::string id = mount.id ? expand(*mount.id) : "";
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

}  // namespace

Outline outline(std::string_view dockerfile, const Options& options) {
  const Ast ast = parse(dockerfile);
  const Stages stages = split_stages(ast, options);
  Collector collector(options, ast.directives.escape, stages.globals);
  for (const ast::Instruction& instruction : ast.instructions) {
    if (std::holds_alternative<ast::From>(instruction)) break;
    collector.visit(instruction);
  }
  for (const std::size_t index : needed_stages(stages, options)) {
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
    if (stage.name.empty() && !is_default) continue;
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
