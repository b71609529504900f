// Values as Go prints them.
#pragma once

#include <string>

#include "src/cli/value.h"

namespace cbuild::cli {

/// Go's %v: true, 42, 1e+06, text as it is, [a b], map[a:1 b:2], {a b} of a record, <nil>.
std::string go_text(const Value& value);

/// Go's %v of a float64: the shortest decimal that reads back the same; with an exponent below
/// 1e-4 and from 1e6 on.
std::string go_real(double number);

}  // namespace cbuild::cli
