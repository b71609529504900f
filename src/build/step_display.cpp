// Vertices as steps; see step_display.h.
#include "src/build/step_display.h"

namespace cbuild::build {

namespace {

Progress::Outcome to_progress(solver::Outcome outcome) {
  switch (outcome) {
    case solver::Outcome::done:
      return Progress::Outcome::done;
    case solver::Outcome::cached:
      return Progress::Outcome::cached;
    case solver::Outcome::failed:
      return Progress::Outcome::failed;
    case solver::Outcome::cancelled:
      return Progress::Outcome::cancelled;
  }
  return Progress::Outcome::done;
}

}  // namespace

Progress::Step StepDisplay::step_of(graph::VertexId vertex) {
  const std::lock_guard lock(mutex_);
  return steps_.at(vertex);
}

void StepDisplay::started(graph::VertexId vertex) {
  {
    // A download that has begun may fail: its vertex is told of again.
    const std::lock_guard lock(mutex_);
    if (steps_.contains(vertex) && !finished_.contains(vertex)) return;
  }
  const Progress::Step step = progress_.begin(graph_[vertex].label);
  const std::lock_guard lock(mutex_);
  steps_[vertex] = step;
}

void StepDisplay::output(graph::VertexId vertex, int stream, std::string_view text) {
  progress_.output(step_of(vertex), stream, text);
}

void StepDisplay::transfer(graph::VertexId vertex,
                           std::string_view item,
                           std::uint64_t done,
                           std::uint64_t total) {
  progress_.transfer(step_of(vertex), item, done, total);
}

void StepDisplay::finished(graph::VertexId vertex,
                           solver::Outcome outcome,
                           std::string_view error) {
  progress_.end(step_of(vertex), to_progress(outcome), error);
  const std::lock_guard lock(mutex_);
  finished_.insert(vertex);
}

bool StepDisplay::is_finished(graph::VertexId vertex) const {
  const std::lock_guard lock(mutex_);
  return finished_.contains(vertex);
}

}  // namespace cbuild::build
