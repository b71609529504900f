// The flag --build-context of `cbuild build`.
#pragma once

#include <string>
#include <vector>

#include "cbuild/build/named_context.h"

namespace cbuild::cli {

/// The contexts that the values NAME=VALUE of the flag name; paths are made absolute against
/// `directory`. @throws Error(usage)
build::NamedContexts read_contexts(const std::vector<std::string>& texts,
                                   const std::string& directory);

}  // namespace cbuild::cli
