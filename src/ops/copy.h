// COPY and ADD: brings selected files into the upper directory of a snapshot.
#pragma once

#include <functional>
#include <string>

#include "cbuild/graph/op.h"
#include "cbuild/util/cancel.h"
#include "src/ops/file_mode.h"
#include "src/ops/selection.h"
#include "src/ops/upper.h"

namespace cbuild::ops {

struct CopyRequest {
  const graph::Copy& op;
  const Selection& selection;
  image::Ids owner;         ///< of --chown; of contexts root
  bool keep_owner = false;  ///< files keep the owner they have in the tree
  /// Unpacks the archive behind the descriptor into the directory `path` of the snapshot.
  std::function<void(const Fd& archive, const std::string& name, const std::string& path)> unpack;
};

/// @throws Error, Interrupted
void copy_files(const CopyRequest& request, Upper& upper, const CancelToken& cancel);

}  // namespace cbuild::ops
