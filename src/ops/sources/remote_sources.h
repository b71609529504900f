// The downloads and git repositories that ADD takes files from, as vertices of the graph.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cbuild/graph/vertex_id.h"
#include "cbuild/solver/result.h"

namespace cbuild::graph {
class Graph;
struct Copy;
struct GitSource;
struct HttpSource;
}  // namespace cbuild::graph

namespace cbuild::solver {
class Steps;
}

namespace cbuild::ops {

struct RemoteFile;
class RemoteFiles;
struct RemoteTree;
struct RemoteVersion;

/// Thread-safe.
class RemoteSources {
 public:
  RemoteSources(const graph::Graph& graph, solver::Steps& steps);
  ~RemoteSources();

  /// Not thread-safe. @param files  for the vertices of the next lender: 0, 1…
  void add_lender(RemoteFiles files);

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
  /// The repository that the vertex stands for; null when it is something else.
  const graph::GitSource* repository(graph::VertexId vertex) const;
  RemoteFile download(graph::VertexId vertex, const graph::HttpSource& source);
  std::shared_ptr<const RemoteVersion> version_of(graph::VertexId vertex);

  RemoteFiles& files_for(graph::VertexId vertex);

  const graph::Graph& graph_;
  std::vector<RemoteFiles> files_;  ///< by graph::Vertex::lender
  solver::Steps& steps_;
  std::mutex mutex_;
  std::map<graph::VertexId, std::shared_ptr<const RemoteVersion>> versions_;
};

}  // namespace cbuild::ops
