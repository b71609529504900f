// The result of a vertex, as a value.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cbuild/oci/digest.h"

namespace cbuild::solver {

/// A root file system. Equal layers have equal chain IDs.
struct RootFileSystem {
  std::optional<oci::Digest> chain;  ///< of its layers; absent = none (scratch)
  friend bool operator==(const RootFileSystem&, const RootFileSystem&) = default;
};

/// A build context. What a step reads of it is part of the step's key, not of this.
struct ContextTree {
  std::string name;
  friend bool operator==(const ContextTree&, const ContextTree&) = default;
};

/// A file that was fetched.
struct Download {
  oci::Digest content;
  std::string name;  ///< from the URL; empty = it has none
  friend bool operator==(const Download&, const Download&) = default;
};

/// The files of a commit.
struct Commit {
  std::string id;
  /// "REF TAG", as the .git directory that is kept records them; absent when none is kept.
  std::optional<std::string> recorded;
  friend bool operator==(const Commit&, const Commit&) = default;
};

using Result = std::variant<RootFileSystem, ContextTree, Download, Commit>;

/// By graph::VertexId; nullopt for vertices that were not needed or not reached.
using Results = std::vector<std::optional<Result>>;

/// The result as text for a key; equal results have equal texts. Of scratch it is empty.
std::string to_text(const Result& result);

}  // namespace cbuild::solver
