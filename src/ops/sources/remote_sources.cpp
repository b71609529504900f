// Versions and files of remote sources; see remote_sources.h.
#include "src/ops/sources/remote_sources.h"

#include "cbuild/graph/graph.h"
#include "cbuild/solver/steps.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"

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

/// A pattern that matches `name` alone.
std::string escaped(const std::string& name) {
  std::string result;
  for (const char c : name) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

}  // namespace

bool RemoteSources::has(graph::VertexId vertex) const {
  if (vertex == graph::kNoInput) return false;
  const graph::Op& op = graph_[vertex].op;
  return std::holds_alternative<graph::HttpSource>(op) ||
         std::holds_alternative<graph::GitSource>(op);
}

solver::Result RemoteSources::identify(graph::VertexId vertex) {
  const graph::Op& op = graph_[vertex].op;
  Version found;
  solver::Result result;
  if (const auto* http = std::get_if<graph::HttpSource>(&op)) {
    found.file = download(vertex, *http);
    result = solver::Download{found.file.blob.digest, found.file.name};
  } else {
    const auto& git = std::get<graph::GitSource>(op);
    found.commit = files_for(vertex).resolve(git);
    solver::Commit commit{found.commit.id, {}};
    if (git.keep_git_directory) commit.recorded = found.commit.ref + " " + found.commit.tag;
    result = std::move(commit);
  }
  const std::lock_guard lock(mutex_);
  versions_[vertex] = std::move(found);
  return result;
}

std::string RemoteSources::identity(graph::VertexId vertex, const solver::Result& result) const {
  const auto* written = std::get_if<graph::GitSource>(&graph_[vertex].op);
  if (written == nullptr) return to_text(result);
  graph::GitSource git = *written;
  git.ref.clear();  // whatever names it, a commit is the same
  git.checksum.clear();
  git.fetch_by_commit = false;
  return graph::key_of(git).to_string() + " " + to_text(result);
}

RemoteTree RemoteSources::fetch(graph::VertexId vertex, const graph::Copy& op) {
  const Version of = version_of(vertex);
  if (const auto* git = std::get_if<graph::GitSource>(&graph_[vertex].op)) {
    StagedTree staged = files_for(vertex).stage(*git, of.commit);
    FileTree tree = repository_tree(duplicate(staged.root().get()));
    return {std::move(staged), std::move(tree), "/" + escaped(git->subdirectory)};
  }
  StagedTree staged = files_for(vertex).stage(of.file);
  FileTree tree = download_tree(duplicate(staged.root().get()));
  if (op.unpack_downloads) tree = unpacking(std::move(tree));
  return {std::move(staged), std::move(tree), escaped(RemoteFiles::staged_name(of.file))};
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

RemoteSources::Version RemoteSources::version_of(graph::VertexId vertex) {
  const std::lock_guard lock(mutex_);
  return versions_.at(vertex);
}

RemoteFiles& RemoteSources::files_for(graph::VertexId vertex) {
  return files_[graph_[vertex].lender];
}

}  // namespace cbuild::ops
