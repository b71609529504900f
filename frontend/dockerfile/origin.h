// What FROM, --from and from= point to.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "cbuild/oci/reference.h"

namespace cbuild::frontend {

/// The empty root file system.
struct ScratchOrigin {};

struct StageOrigin {
  std::size_t index = 0;  ///< into Stages::all
};

struct ImageOrigin {
  oci::Reference reference;
};

/// A --build-context.
struct ContextOrigin {
  std::string name;       ///< as the user gave it: what Options::contexts calls it
  bool is_image = false;  ///< else a directory
};

using Origin = std::variant<ScratchOrigin, StageOrigin, ImageOrigin, ContextOrigin>;

}  // namespace cbuild::frontend
