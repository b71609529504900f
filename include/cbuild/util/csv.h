// One line of comma-separated values, as options hold them: type=image,"name=a,b".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild {

struct CsvField {
  std::string text;                  ///< without quotes
  std::vector<std::size_t> offsets;  ///< where in the line each byte stood
};

/// Cuts `line` at its commas (RFC 4180, as strict as Go's encoding/csv). A field in double quotes
/// may hold commas, and quotes that are doubled. At least one field comes out.
/// @throws Error(usage) what is wrong with the quotes
std::vector<CsvField> csv_fields(std::string_view line);

}  // namespace cbuild
