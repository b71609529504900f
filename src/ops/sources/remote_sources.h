// The downloads and git repositories that ADD takes files from, as vertices of the graph.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/graph/vertex_id.h"
#include "cbuild/ops/git_commit.h"
#include "cbuild/ops/remote_file.h"
#include "cbuild/ops/remote_files.h"
#include "cbuild/ops/staged_tree.h"
#include "cbuild/solver/result.h"
#include "src/ops/file_tree.h"
#include "src/ops/steps/commit.h"

namespace cbuild::graph {
class Graph;
}

namespace cbuild::solver {
class Steps;
}

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
  RemoteSources(const graph::Graph& graph, solver::Steps& steps) : graph_(graph), steps_(steps) {}

  /// Not thread-safe. @param files  for the vertices of the next lender: 0, 1…
  void add_lender(RemoteFiles files) { files_.push_back(std::move(files)); }

  bool has(graph::VertexId vertex) const;

  /// Asks the server or the repository for the current version of the vertex. A file is downloaded,
  /// the files of a commit are not.
  solver::Result identify(graph::VertexId vertex);

  /// The identity of the vertex for the key of a step that takes files from it. A commit is the
  /// same whatever ref named it.
  std::string identity(graph::VertexId vertex, const solver::Result& result) const;

  /// Stages the files of the vertex for `op`. @pre identify() was called
  RemoteTree fetch(graph::VertexId vertex, const graph::Copy& op);

 private:
  /// What identify() found: the member that the kind of the source has.
  struct Version {
    RemoteFile file;
    GitCommit commit;
  };

  RemoteFile download(graph::VertexId vertex, const graph::HttpSource& source);
  Version version_of(graph::VertexId vertex);

  RemoteFiles& files_for(graph::VertexId vertex);

  const graph::Graph& graph_;
  std::vector<RemoteFiles> files_;  ///< by graph::Vertex::lender
  solver::Steps& steps_;
  std::mutex mutex_;
  std::map<graph::VertexId, Version> versions_;
};

}  // namespace cbuild::ops
