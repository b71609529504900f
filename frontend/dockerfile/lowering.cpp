// Lowers the stages of a Dockerfile; see lowering.h.
#include "frontend/dockerfile/lowering.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"
#include "cbuild/util/overloaded.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

namespace {

/// Arguments that need no ARG to be of use, besides those in Stages::globals.
constexpr auto kBuiltInArguments = std::to_array<std::string_view>(
    {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy", "source_date_epoch"});

/// Sets `platform` to `asked`, unless `asked` is the same one with its variant left open.
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

}  // namespace

Lowered Lowering::lower_target() {
  const std::vector<std::size_t> needed = needed_stages(stages_, options_);
  graph_.reserve(ast_.instructions.size());
  dependents_[stages_.target] = 1;  // the result itself
  for (const std::size_t index : linted_stages(stages_, options_)) {
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
  target.growth.check(lowered.config);
  lowered.base_history = target.base_history;
  lowered.layers = target.layers;
  lowered.unused_build_args = unused_build_args();
  lowered.source_date_epoch = stages_.globals.find("SOURCE_DATE_EPOCH");
  lowered.graph = needed.size() < stages_.all.size() ? graph_ : std::move(graph_);
  return lowered;
}

void Lowering::observe(const std::vector<std::size_t>& linted, ImageResolver& known_images) {
  resolver_ = &known_images;
  try {
    for (const std::size_t index : linted)
      faults_.collect([&] { stage(index); });
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {  // too much, or too many faults: the rest is not looked at
    return;
  }
}

const StageState& Lowering::stage(std::size_t index) {
  if (const auto found = done_.find(index); found != done_.end()) return found->second;
  return done_.emplace(index, lower_stage_(*this, stages_.all[index])).first->second;
}

char Lowering::escape() const noexcept {
  return ast_.directives.escape;
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
    ResolvedImage result = context ? resolver_->resolve_context(context->name, platform)
                                   : resolver_->resolve(image->reference, platform);
    return resolved_.emplace(key, std::move(result)).first->second;
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& cause) {
    ResolveError error(from.range, cause);
    const bool is_plain = from.text.find_first_of("/:@.") == std::string::npos;
    if (image != nullptr && is_plain && from.range.line != user.from->image.range.line) {
      error.prepend(fmt::format("there is no stage {}, so cbuild looked for an image of that name",
                                printable(from.text)));
    }
    std::vector<std::string> names;
    for (const Stage& stage : stages_.all) {
      if (stage.index < user.index && !stage.name.empty()) names.push_back(stage.name);
      if (stage.index > user.index && equals_ignoring_case(stage.name, from.text)) {
        error.with_hint(fmt::format(
            "the stage {} is defined later: FROM can only name an earlier stage", stage.name));
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
  vertex.range = {.line = line, .last_line = line};
  return graph_.add(std::move(vertex));
}

graph::VertexId Lowering::context(graph::ContextSource source, std::string label) {
  graph::Vertex vertex;
  vertex.op = std::move(source);
  vertex.label = std::move(label);
  return graph_.add(std::move(vertex));
}

graph::VertexId Lowering::build_context() {
  return context({"context", options_.context_identity}, "[internal] load build context");
}

graph::VertexId Lowering::remote(graph::Op op, const graph::WrittenWord& url) {
  graph::Vertex vertex;
  vertex.op = std::move(op);
  vertex.label = url.text;
  vertex.range = {.line = url.range.line, .last_line = url.range.last_line};
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
                          if (named.is_image) return of_image();
                          return context({named.name, options_.contexts.at(named.name).identity},
                                         fmt::format("[context {}] load", named.name));
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
      add(onbuild->trigger->instruction);
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
  throw TooMuch(place, fmt::format("the Dockerfile is too large: its ports, paths, triggers, "
                                   "variables and stages multiply to more than {} items",
                                   kMost));
}

}  // namespace cbuild::frontend
