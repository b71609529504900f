// Dispatches each operation to the file that executes it; see worker.h.
#include "cbuild/ops/worker.h"

#include <exception>
#include <utility>
#include <variant>

#include "cbuild/graph/graph.h"
#include "cbuild/solver/vertex_error.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/overloaded.h"
#include "src/ops/identity.h"
#include "src/ops/missing_sources.h"
#include "src/ops/services.h"
#include "src/ops/step.h"
#include "src/ops/step_context.h"
#include "src/ops/steps/copy.h"
#include "src/ops/steps/exec.h"
#include "src/ops/steps/make_directory.h"
#include "src/ops/steps/rebase.h"

namespace cbuild::ops {

namespace {

using solver::Result;

[[noreturn]] Result refuse_to_run() {
  throw Error("a source is not run");
}

[[noreturn]] Result refuse_to_identify() {
  throw Error("only a source is identified");
}

}  // namespace

Worker::Worker(const graph::Graph& graph, WorkerOptions options, const WorkerResources& resources)
    : services_(std::make_unique<Services>(graph, std::move(options), resources)) {}

Worker::~Worker() = default;

StepContext Worker::context_of(graph::VertexId vertex) const {
  return services_->context(services_->context().graph[vertex].lender);
}

Result Worker::identify(graph::VertexId vertex) {
  const StepContext context = context_of(vertex);
  return std::visit(
      overloaded{
          [&](const graph::ImageSource& op) { return context.images.identify(vertex, op); },
          [&](const graph::ContextSource& op) { return Result(solver::ContextTree{op.name}); },
          [&](const graph::HttpSource&) { return context.remotes.identify(vertex); },
          [&](const graph::GitSource&) { return context.remotes.identify(vertex); },
          [](const graph::Exec&) { return refuse_to_identify(); },
          [](const graph::Copy&) { return refuse_to_identify(); },
          [](const graph::MakeDirectory&) { return refuse_to_identify(); },
          [](const graph::Rebase&) { return refuse_to_identify(); },
      },
      context.graph[vertex].op);
}

Result Worker::run(graph::VertexId vertex,
                   std::span<const Result> inputs,
                   const solver::RunContext& execution) {
  const StepContext context = context_of(vertex);
  const Step step{vertex, context.graph[vertex], inputs, execution.step, execution.cancel};
  return std::visit(
      overloaded{
          [&](const graph::Exec& op) { return run_exec(context, step, op); },
          [&](const graph::Copy& op) { return run_copy(context, step, op); },
          [&](const graph::MakeDirectory& op) { return run_make_directory(context, step, op); },
          [&](const graph::Rebase&) { return run_rebase(context, step); },
          [](const graph::ImageSource&) { return refuse_to_run(); },
          [](const graph::ContextSource&) { return refuse_to_run(); },
          [](const graph::HttpSource&) { return refuse_to_run(); },
          [](const graph::GitSource&) { return refuse_to_run(); },
      },
      step.vertex.op);
}

std::optional<std::string> Worker::input_identity(graph::VertexId vertex,
                                                  std::size_t input,
                                                  const Result& result) {
  return ops::input_identity(context_of(vertex), vertex, input, result);
}

void Worker::before_first_run(std::span<const graph::VertexId> pending) {
  // A missing source fails the build now, not after minutes of other steps.
  if (const auto missing = missing_sources(pending); !missing.empty()) throw missing.front();
  services_->enter_namespace(pending);
}

bool Worker::may_change_while_running(graph::VertexId vertex) const {
  // A COPY reads each file once; what a RUN mounts may be edited meanwhile.
  return std::holds_alternative<graph::Exec>(services_->context().graph[vertex].op);
}

std::vector<solver::VertexError> Worker::missing_sources(
    std::span<const graph::VertexId> vertices) {
  return ops::missing_sources(services_->context(), vertices);
}

void Worker::complete(const Result& result) {
  const StepContext context = services_->context();
  if (context.images.is_available(result)) return;
  if (!context.in_namespace) before_first_run({});
  context.images.make_available(result, context.cancel);
}

void Worker::save_file_digests() noexcept {
  try {
    services_->context().contexts.save_digests();
  } catch (const std::exception& error) {
    log_debug("digests of context files are not saved: {}", error.what());
  }
}

}  // namespace cbuild::ops
