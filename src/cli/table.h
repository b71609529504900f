// Rows in aligned columns.
#pragma once

#include <string>
#include <vector>

namespace cbuild::cli {

/// Texts are made printable. Columns are as wide as their widest cell and three blanks apart; the
/// last cell of a row is not padded. Rows may differ in length.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) { rows_.push_back(std::move(heading)); }

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  std::string to_text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace cbuild::cli
