// Content identities of inputs; see identity.h.
#include "src/ops/identity.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

#include "cbuild/graph/graph.h"
#include "cbuild/util/error.h"
#include "src/ops/file_tree.h"
#include "src/ops/last_selection.h"
#include "src/ops/root_identity.h"
#include "src/ops/select.h"
#include "src/ops/selection_digest.h"
#include "src/ops/sources/contexts.h"
#include "src/ops/sources/remote_sources.h"
#include "src/ops/step_context.h"

namespace cbuild::ops {

namespace {

using graph::VertexId;
using solver::Result;

/// Runs `action`, which reads a context for `op`. A file that may not be read is for its user to
/// mend, so the error tells how.
template <typename Action>
auto reading_context(const graph::Copy& op, Action&& action) {
  try {
    return std::forward<Action>(action)();
  } catch (const SysError& error) {
    if (error.code() != EACCES) throw;
    Error denied(error);
    denied.prepend("the build context");
    denied.with_hint("make it readable, or exclude it with a line in .dockerignore");
    if (op.sources.size() == 1) denied.with_subject(op.sources.front());
    throw denied;
  }
}

/// Content of what a COPY takes from a context. The selection is kept for its run.
std::string context_identity(const StepContext& context,
                             VertexId vertex,
                             std::size_t input,
                             const graph::ContextSource& source) {
  const auto& op = std::get<graph::Copy>(context.graph[vertex].op);
  OpenContext& opened = context.contexts.open(source);
  return reading_context(op, [&] {
    Selection selection = select(opened.tree_for(op), op, context.cancel, input);
    const DigestOptions options{.remembered = opened.remembered()};
    std::string digest = digest_of(selection, options, context.cancel).to_string();
    context.last_selection.keep(vertex, input, std::move(selection));
    return digest;
  });
}

/// Of a stage only what is mounted counts; of an image everything, since then its layers need not
/// be here to be known.
std::optional<std::string> mounted_identity(const StepContext& context,
                                            const graph::Vertex& vertex,
                                            std::size_t input,
                                            const Result& result) {
  graph::Copy sources = mounted_sources(std::get<graph::Exec>(vertex.op), input);
  if (const auto* source = context_source(context.graph, vertex, input)) {
    OpenContext& opened = context.contexts.open(*source);
    const Selection selection = select(for_mount(opened.tree()), sources, context.cancel);
    const DigestOptions options{.remembered = opened.remembered()};
    return digest_of(selection, options, context.cancel).to_string();
  }
  const graph::Op& of = context.graph[vertex.inputs[input]].op;
  const bool is_image = std::holds_alternative<graph::ImageSource>(of);
  const bool is_whole = std::ranges::count(sources.sources, "/") != 0;
  if (is_image || is_whole || !std::get<solver::RootFileSystem>(result).chain) {
    return to_text(result);
  }
  sources.from_context = false;
  return root_identity(context, sources, result, SourceWords::names);
}

std::optional<std::string> copied_identity(const StepContext& context,
                                           VertexId vertex_id,
                                           std::size_t input,
                                           const Result& result) {
  const graph::Vertex& vertex = context.graph[vertex_id];
  if (const auto* source = context_source(context.graph, vertex, input)) {
    return context_identity(context, vertex_id, input, *source);
  }
  const VertexId from = vertex.inputs[input];
  if (context.remotes.has(from)) return context.remotes.identity(from, result);
  return root_identity(context, std::get<graph::Copy>(vertex.op), result, SourceWords::patterns);
}

}  // namespace

std::optional<std::string> input_identity(const StepContext& context,
                                          VertexId vertex_id,
                                          std::size_t input,
                                          const Result& result) {
  const graph::Vertex& vertex = context.graph[vertex_id];
  if (input == 0) return to_text(result);
  if (std::holds_alternative<graph::Exec>(vertex.op)) {
    return mounted_identity(context, vertex, input, result);
  }
  if (std::holds_alternative<graph::Copy>(vertex.op)) {
    return copied_identity(context, vertex_id, input, result);
  }
  // The whole input: right for every op, if not always the best.
  return to_text(result);
}

graph::Copy mounted_sources(const graph::Exec& op, std::size_t input) {
  graph::Copy copy;
  for (const graph::ExecMount& mount : op.mounts) {
    if (mount.input == static_cast<int>(input)) copy.sources.push_back(mount.source);
  }
  return copy;
}

}  // namespace cbuild::ops
