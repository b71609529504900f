// --format of commands that list: a template a row, a table, or JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/cli/template.h"
#include "src/cli/value.h"

namespace cbuild::cli {

/// What a command's rows have.
struct ListColumns {
  struct Field {
    std::string name;     ///< as in templates: "ID"
    std::string heading;  ///< in docker's words: "CONTAINER ID"
  };

  std::vector<Field> fields;
  std::string default_table;  ///< without the word "table": "{{.ID}}\t{{.Names}}"
};

/// docker's --format for lists:
///   json                 one JSON object a line, its members sorted
///   table, or nothing    the default table
///   table TEMPLATE       columns between tabs, below their headings
///   TEMPLATE             its text, and a newline behind each row
/// "\t" and "\n" in a template stand for tab and newline. Give each row to row() and write what it
/// returns, then write finish().
class ListFormat {
 public:
  /// @throws Error(usage) "template parsing error: …"; in a table also for a field that no row has
  static ListFormat parse(std::string_view text, const ListColumns& columns);

  /// @param data  a record with the fields; those that take a name ({{.Label "x"}}) are lookups
  /// @return the text of the row; empty for a table, whose rows are kept
  /// @throws Error(usage) that names the known fields
  std::string row(const Value& data);

  /// The table, with its headings also without rows, in which cells are printable(); else empty.
  /// Called once.
  std::string finish();

 private:
  explicit ListFormat(Template row) : template_(std::move(row)) {}

  Template template_;
  std::optional<std::string> heading_;  ///< of a table
  std::vector<std::string> rows_;
};

}  // namespace cbuild::cli
