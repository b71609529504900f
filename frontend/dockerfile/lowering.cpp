// Lowers the stages of a Dockerfile; see lowering.h.
#include "frontend/dockerfile/lowering.h"

#include <fmt/core.h>

#include <utility>

#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

namespace {

/// Ends the lowering at once: no instruction after it is looked at.
struct TooMuch : Error {
  TooMuch(const SourceRange& place_in, const std::string& message)
      : Error(ErrorKind::usage, "{}", message), place(place_in) {}

  SourceRange place;
};

}  // namespace

const StageState& Lowering::target() {
  const Stages& stages = context_.stages;
  dependents_[stages.target] = 1;  // the result itself
  for (const std::size_t index : linted_stages(stages, context_.options)) {
    const auto* base = std::get_if<StageOrigin>(&stages.all[index].base);
    if (base != nullptr) ++dependents_[base->index];
  }
  try {
    // In order of the file: recursion stays flat.
    for (const std::size_t index : needed_stages(stages, context_.options))
      stage(index);
  } catch (const TooMuch& error) {
    faults_.add({error.place, error.what()});
  } catch (const ResolveError&) {
    faults_.throw_if_any();  // they are wrong whatever that image holds
    throw;
  }
  faults_.throw_if_any();
  return stage(stages.target);
}

void Lowering::observe(const std::vector<std::size_t>& linted) {
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
  return done_.emplace(index, lower_stage_(*this, context_.stages.all[index])).first->second;
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

void Lowering::spend(std::size_t items, const SourceRange& place) {
  static constexpr std::size_t kMost = 3'000'000;
  spent_ += items;
  if (spent_ <= kMost) return;
  throw TooMuch(place, fmt::format("the Dockerfile is too large: its ports, paths, triggers, "
                                   "variables and stages multiply to more than {} items",
                                   kMost));
}

}  // namespace cbuild::frontend
