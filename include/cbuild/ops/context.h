// A build context: a directory of the user and the patterns of its ignore file.
#pragma once

#include <string>

#include "cbuild/util/pattern.h"

namespace cbuild::ops {

/// The files of one context that COPY, ADD and bind mounts may read.
struct Context {
  std::string directory;  ///< absolute
  IgnorePatterns ignore;
  std::string ignore_name;  ///< the file that holds the patterns, for messages; empty = none
  /// The directory exists for this build only: no digest of its files is remembered.
  bool temporary = false;
};

}  // namespace cbuild::ops
