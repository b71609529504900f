// A file that an export goes to: written beside its place and renamed at the end, or standard
// output.
#pragma once

#include <functional>
#include <string>

#include "cbuild/util/io.h"

namespace cbuild::exporter {

/// Calls `write` with a sink for `destination` ("-" = standard output). When it throws, nothing is
/// left under the name.
void write_to(const std::string& destination, const std::function<void(Sink&)>& write);

}  // namespace cbuild::exporter
