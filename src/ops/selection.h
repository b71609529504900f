// Which files a COPY takes: sources, wildcards, ignore patterns → a list, in an order that depends
// on names only.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/oci/digest.h"
#include "cbuild/solver/worker.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/pattern.h"
#include "src/ops/file_digests.h"

namespace cbuild::ops {

/// One file system object to be brought over.
struct SelectedEntry {
  std::string path;    ///< relative to the tree's root, free of links: how to open it
  std::string target;  ///< relative to where the source goes; "" = the source itself

  struct stat status {};

  std::string link;     ///< text of a symbolic link
  bool hidden = false;  ///< ignored itself: a directory that is only there for what it holds
};

struct Tree;

/// What one matched source comes to.
struct SelectedSource {
  std::string name;        ///< last component as written or matched; "" for the root of the tree
  bool directory = false;  ///< its contents are taken, not the directory itself
  std::vector<SelectedEntry> entries;  ///< parents first, by bytes of the name
  std::size_t source = 0;              ///< which of the Copy's sources it came of
  const Tree* tree = nullptr;          ///< where the entries are: as given to select()
};

/// Where COPY takes files from.
struct Tree {
  const Fd& root;
  /// Patterns that hide files (build context). May be null.
  const IgnorePatterns* ignore = nullptr;
  std::string ignore_name;  ///< for messages
  std::string description;  ///< for messages: "the build context", "the stage"
  bool may_change = true;   ///< somebody may write to it: files are looked at again when copied
  bool unpack = false;      ///< archives become their contents
  std::string_view keyword = {};  ///< for messages: what takes the files; empty = COPY or ADD
  bool wildcards = true;          ///< sources are patterns; else names as they stand
};

/// The sources of `op` that its input number `input` holds; that is `tree`.
/// @throws solver::WordError (kind usage) for a source that does not exist or is ignored, with the
/// nearest name as a suggestion.
std::vector<SelectedSource> select(const Tree& tree,
                                   const graph::Copy& op,
                                   const CancelToken& cancel,
                                   std::size_t input = 1);

struct DigestOptions {
  bool owners = false;  ///< owners count (not those of context files)
  FileDigests* remembered = nullptr;
};

/// Digest of names, types, modes, link texts, xattrs and contents of what is selected; of times
/// nothing. Files are read on all processors.
/// @param progress  told how many bytes of how many are hashed; may be empty
oci::Digest digest_of(const std::vector<SelectedSource>& selection,
                      const Tree& tree,
                      const DigestOptions& options,
                      const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                      const CancelToken& cancel);

/// Those of the extended attributes that COPY keeps: user.* and security.capability.
std::vector<Xattr> kept_xattrs(std::vector<Xattr> xattrs);

/// What select() would say of each source that is named and not there, without looking at the
/// others.
std::vector<solver::WordError> missing_sources(const Tree& tree,
                                               const graph::Copy& op,
                                               const CancelToken& cancel,
                                               std::size_t input = 1);

}  // namespace cbuild::ops
