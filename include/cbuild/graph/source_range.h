// A place in the text that a graph was made from.
#pragma once

namespace cbuild::graph {

/// Lines and columns count from 1. Columns are bytes; `end_column` is one past the last. Line 0 =
/// no place; column 0 = whole lines.
struct SourceRange {
  int line = 0;
  int last_line = 0;
  int column = 0;
  int end_column = 0;
};

}  // namespace cbuild::graph
