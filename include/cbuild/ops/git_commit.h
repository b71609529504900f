// A commit of a git repository, as a ref named it.
#pragma once

#include <string>

namespace cbuild::ops {

/// The commit that a ref of a repository names at present.
struct GitCommit {
  std::string id;
  std::string ref;  ///< full name of the branch or tag; empty = it was named by its id
  std::string tag;  ///< id of the tag's own object; empty = it has none
};

}  // namespace cbuild::ops
