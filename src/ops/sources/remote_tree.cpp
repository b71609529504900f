// Staged files of remote sources; see remote_tree.h.
#include "src/ops/sources/remote_tree.h"

#include <string_view>
#include <utility>

#include "cbuild/graph/op.h"
#include "cbuild/ops/remote_files.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "src/ops/sources/remote_sources.h"
#include "src/ops/sources/remote_version.h"

namespace cbuild::ops {

namespace {

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

RemoteTree RemoteSources::fetch(graph::VertexId vertex, const graph::Copy& op) {
  const std::shared_ptr<const RemoteVersion> version = version_of(vertex);
  if (const graph::GitSource* git = repository(vertex)) {
    StagedTree staged = files_for(vertex).stage(*git, version->commit);
    FileTree tree = repository_tree(duplicate(staged.root().get()));
    return {std::move(staged), std::move(tree), "/" + escaped(git->subdirectory)};
  }
  StagedTree staged = files_for(vertex).stage(version->file);
  FileTree tree = download_tree(duplicate(staged.root().get()));
  if (op.unpack_downloads) tree = unpacking(std::move(tree));
  return {std::move(staged), std::move(tree), escaped(RemoteFiles::staged_name(version->file))};
}

}  // namespace cbuild::ops
