// Cuts a line of comma-separated values: see csv.h.
#include "cbuild/util/csv.h"

#include "cbuild/util/error.h"

namespace cbuild {

namespace {

/// Reads the field in quotes that begins at `at`, which comes to stand behind it.
CsvField quoted_field(std::string_view line, std::size_t& at) {
  CsvField field;
  for (++at; at < line.size(); ++at) {
    const bool doubled = line.substr(at).starts_with("\"\"");
    if (line[at] == '"' && !doubled) {
      ++at;
      if (at == line.size() || line[at] == ',') return field;
      break;
    }
    if (doubled) ++at;
    field.text += line[at];
    field.offsets.push_back(at);
  }
  throw Error(ErrorKind::usage, "extraneous or missing \" in quoted-field");
}

CsvField plain_field(std::string_view line, std::size_t& at) {
  CsvField field;
  for (; at < line.size() && line[at] != ','; ++at) {
    if (line[at] == '"') throw Error(ErrorKind::usage, "bare \" in non-quoted field");
    field.text += line[at];
    field.offsets.push_back(at);
  }
  return field;
}

}  // namespace

std::vector<CsvField> csv_fields(std::string_view line) {
  std::vector<CsvField> fields;
  for (std::size_t at = 0; at <= line.size(); ++at) {
    const bool quoted = line.substr(at).starts_with('"');
    fields.push_back(quoted ? quoted_field(line, at) : plain_field(line, at));
  }
  return fields;
}

}  // namespace cbuild
