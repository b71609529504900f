// Build contexts, opened on first use.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace cbuild {
class Fd;
}

namespace cbuild::graph {
struct ContextSource;
struct Copy;
}  // namespace cbuild::graph

namespace cbuild::store {
class Store;
}

namespace cbuild::ops {

struct Context;
class FileDigests;
struct FileTree;

class OpenContext {
 public:
  /// @param digests  of the directory; borrowed
  OpenContext(const Context& from, FileDigests& digests);
  ~OpenContext();

  /// Digests of its files, saved for the next build; null for a temporary context.
  FileDigests* remembered() noexcept;

  FileTree tree() const;

  /// The same for `op`: to ADD, archives are their contents.
  FileTree tree_for(const graph::Copy& op) const;

  /// The same, opened by its path in the caller's mount namespace. The root of tree() belongs to
  /// the namespace that the build started in, and cannot be mounted from another one.
  FileTree reopened_tree() const;

 private:
  const Context& context_;
  std::unique_ptr<const Fd> root_;
  FileDigests& digests_;
};

/// All contexts, by their identities. Thread-safe.
class Contexts {
 public:
  Contexts(const std::map<std::string, Context>& known, store::Store& store);
  ~Contexts();

  bool has(const graph::ContextSource& source) const;
  /// @throws Error(usage) when there is none
  OpenContext& open(const graph::ContextSource& source);

  /// Saves the digests for the next build. @throws Error
  void save_digests();

 private:
  const std::map<std::string, Context>& known_;
  store::Store& store_;
  std::mutex mutex_;
  /// By directory: contexts that ignore different files of one share them.
  std::map<std::string, std::unique_ptr<FileDigests>> digests_;
  std::map<std::string, std::unique_ptr<OpenContext>> opened_;
};

}  // namespace cbuild::ops
