// The build contexts, opened when a step asks for one.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cbuild/ops/context.h"
#include "cbuild/store/kept_file.h"
#include "cbuild/store/store.h"
#include "src/ops/file_digests.h"
#include "src/ops/file_tree.h"

namespace cbuild::ops {

class OpenContext {
 public:
  /// @param digests  the digests of its files that earlier builds remembered
  OpenContext(const Context& from, store::KeptFile digests);

  /// Digests of its files, for this build and the next; null for a directory that only this build
  /// has.
  FileDigests* remembered() noexcept { return context_.temporary ? nullptr : &digests_; }

  FileTree tree() const;

  /// The same, opened by its path in the mount namespace of the caller. tree() keeps the namespace
  /// that the build began in, and nothing can be mounted from that one.
  FileTree reopened_tree() const;

 private:
  const Context& context_;
  Fd root_;
  FileDigests digests_;
};

/// Thread-safe.
class Contexts {
 public:
  Contexts(const std::map<std::string, Context>& known, store::Store& store)
      : known_(known), store_(store) {}

  bool has(const std::string& name) const;
  /// @throws Error(usage) when there is none of that name
  OpenContext& open(const std::string& name);

  /// Keeps the digests for the next build.
  void save_digests();

 private:
  const std::map<std::string, Context>& known_;
  store::Store& store_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<OpenContext>> opened_;
};

}  // namespace cbuild::ops
