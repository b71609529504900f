// One message about the text that a graph was made from.
#pragma once

#include <string>

#include "cbuild/graph/source_range.h"

namespace cbuild::graph {

enum class Severity { error, warning };

/// An error, or what a rule found. The message and the hint are not yet safe for a terminal; see
/// printable().
struct Diagnostic {
  Severity severity = Severity::error;
  std::string rule = {};  ///< the rule that found it, "LegacyKeyValueFormat"; empty = none
  SourceRange range;
  std::string message;
  std::string hint = {};  ///< what to do; may be empty
};

}  // namespace cbuild::graph
