// Versions of remote sources; see remote_sources.h.
#include "src/ops/sources/remote_sources.h"

#include "cbuild/graph/graph.h"
#include "cbuild/ops/remote_files.h"
#include "cbuild/solver/steps.h"
#include "cbuild/util/error.h"
#include "src/ops/sources/remote_version.h"

namespace cbuild::ops {

namespace {

/// Reports the transfer of a download under its vertex, from the first byte on.
class DownloadDisplay {
 public:
  DownloadDisplay(solver::Steps& steps, graph::VertexId vertex) : steps_(steps), vertex_(vertex) {}

  void transfer(std::uint64_t done, std::uint64_t total) {
    if (!step_) step_ = steps_.begin(vertex_);
    step_->transfer("file", done, total);
  }

  void end(Progress::Outcome outcome) {
    if (step_) step_->end(outcome);
  }

 private:
  solver::Steps& steps_;
  graph::VertexId vertex_;
  std::optional<Progress::Step> step_;
};

}  // namespace

RemoteSources::RemoteSources(const graph::Graph& graph, solver::Steps& steps)
    : graph_(graph), steps_(steps) {}

RemoteSources::~RemoteSources() = default;

void RemoteSources::add_lender(RemoteFiles files) {
  files_.push_back(std::move(files));
}

bool RemoteSources::has(graph::VertexId vertex) const {
  if (vertex == graph::kNoInput) return false;
  const graph::Op& op = graph_[vertex].op;
  return std::holds_alternative<graph::HttpSource>(op) ||
         std::holds_alternative<graph::GitSource>(op);
}

solver::Result RemoteSources::identify(graph::VertexId vertex) {
  RemoteVersion found;
  solver::Result result;
  if (const graph::GitSource* git = repository(vertex)) {
    found.commit = files_for(vertex).resolve(*git);
    solver::Commit commit{found.commit.id, {}};
    if (git->keep_git_directory) commit.recorded = found.commit.ref + " " + found.commit.tag;
    result = std::move(commit);
  } else {
    found.file = download(vertex, std::get<graph::HttpSource>(graph_[vertex].op));
    result = solver::Download{found.file.blob.digest, found.file.name};
  }
  const std::lock_guard lock(mutex_);
  versions_[vertex] = std::make_shared<const RemoteVersion>(std::move(found));
  return result;
}

std::string RemoteSources::identity(graph::VertexId vertex, const solver::Result& result) const {
  const graph::GitSource* written = repository(vertex);
  if (written == nullptr) return to_text(result);
  graph::GitSource git = *written;
  git.ref.clear();  // whatever names it, a commit is the same
  git.checksum.clear();
  git.fetch_by_commit = false;
  return graph::key_of(git).to_string() + " " + to_text(result);
}

const graph::GitSource* RemoteSources::repository(graph::VertexId vertex) const {
  return std::get_if<graph::GitSource>(&graph_[vertex].op);
}

RemoteFile RemoteSources::download(graph::VertexId vertex, const graph::HttpSource& source) {
  DownloadDisplay display(steps_, vertex);
  try {
    RemoteFile file = files_for(vertex).fetch(
        source, [&](std::uint64_t done, std::uint64_t total) { display.transfer(done, total); });
    display.end(Progress::Outcome::done);
    return file;
  } catch (const Interrupted&) {
    display.end(Progress::Outcome::cancelled);
    throw;  // of any other failure the solver tells
  }
}

std::shared_ptr<const RemoteVersion> RemoteSources::version_of(graph::VertexId vertex) {
  const std::lock_guard lock(mutex_);
  return versions_.at(vertex);
}

RemoteFiles& RemoteSources::files_for(graph::VertexId vertex) {
  return files_[graph_[vertex].lender];
}

}  // namespace cbuild::ops
