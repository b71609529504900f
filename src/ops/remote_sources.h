// What ADD takes from servers and repositories: what it is now, and its files.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "cbuild/graph/graph.h"
#include "cbuild/ops/remote_files.h"
#include "cbuild/solver/steps.h"
#include "cbuild/solver/worker.h"
#include "src/ops/file_tree.h"

namespace cbuild::ops {

/// The files of a source vertex, staged in the store.
struct RemoteTree {
  StagedTree staged;   ///< removes the files when it is destroyed
  FileTree tree;       ///< the same, opened
  std::string source;  ///< pattern that names them in the tree
};

/// Thread-safe.
class RemoteSources {
 public:
  RemoteSources(const graph::Graph& graph, RemoteFiles files, solver::Steps& steps)
      : graph_(graph), files_(std::move(files)), steps_(steps) {}

  bool has(graph::VertexId vertex) const;

  /// Asks the server or the repository what the vertex is now.
  solver::Result identify(graph::VertexId vertex);

  /// What counts for the key of a step that takes from the vertex.
  std::string identity(graph::VertexId vertex, const solver::Result& result) const;

  /// The files of the vertex for `op`. @pre identify() was called
  RemoteTree fetch(graph::VertexId vertex, const graph::Copy& op);

 private:
  struct Known {
    RemoteFile file;
    GitCommit commit;
  };

  RemoteFile download(graph::VertexId vertex, const graph::HttpSource& source);
  Known known(graph::VertexId vertex);

  const graph::Graph& graph_;
  RemoteFiles files_;
  solver::Steps& steps_;
  std::mutex mutex_;
  std::map<graph::VertexId, Known> known_;
};

}  // namespace cbuild::ops
