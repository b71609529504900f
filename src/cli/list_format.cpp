// --format of lists; see list_format.h.
#include "src/cli/list_format.h"

#include <algorithm>

#include "cbuild/util/text.h"
#include "src/cli/table.h"

namespace cbuild::cli {

namespace {

constexpr std::string_view kTable = "table";

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

Value headings_of(const ListColumns& columns) {
  Value::Members members;
  for (const ListColumns::Field& field : columns.fields)
    members.push_back({field.name, field.heading});
  return Value::record(std::move(members));
}

}  // namespace

ListFormat ListFormat::parse(std::string_view text, const ListColumns& columns) {
  std::string_view body = without_blanks(text);
  if (body == "json") return ListFormat(Template::parse("{{json .}}"));
  const bool is_table = body.empty() || body.starts_with(kTable);
  if (is_table && !body.empty()) body = without_blanks(body.substr(kTable.size()));
  if (is_table && body.empty()) body = columns.default_table;
  ListFormat format(Template::parse(body, Template::Escapes::replaced));
  if (is_table) format.heading_ = format.template_.render_headings(headings_of(columns));
  return format;
}

std::string ListFormat::row(const Value& data) {
  // docker's JSON of a row has its fields in this order.
  Value::Members members(data.members().begin(), data.members().end());
  std::ranges::sort(members, {}, &Value::Member::name);
  std::string text = template_.render(Value::record(std::move(members)));
  if (!heading_) return text + "\n";
  rows_.push_back(std::move(text));
  return {};
}

std::string ListFormat::finish() {
  if (!heading_) return {};
  std::string cells = *heading_;
  for (const std::string& row : rows_)
    cells.append("\n").append(row);
  const std::vector<std::string> lines = split(cells, '\n');
  Table table(split(lines.front(), '\t'));
  for (std::size_t i = 1; i < lines.size(); ++i)
    table.add(split(lines[i], '\t'));
  return table.to_text();
}

}  // namespace cbuild::cli
