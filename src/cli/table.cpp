// Rows in aligned columns; see table.h.
#include "src/cli/table.h"

#include <algorithm>

#include "cbuild/util/display_width.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

std::string Table::to_text() const {
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> cells = rows_;
  for (auto& row : cells) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = printable(row[i]);
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  std::string text;
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += i + 1 == row.size() ? row[i] : pad_to_width(row[i], widths[i] + 3);
    }
    text += '\n';
  }
  return text;
}

}  // namespace cbuild::cli
