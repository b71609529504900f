// The lines of an --env-file or --label-file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::cli {

struct PairLine {
  std::string name;
  std::optional<std::string> value;  ///< nullopt: there is no "="
};

/// NAME=VALUE or NAME a line, as docker's kvfile has it: blanks before the name, empty lines, lines
/// that begin with "#", a byte order mark and a carriage return at the end of a line are skipped;
/// all else is kept, quotes too.
/// @param context  begins the errors
/// @throws Error(usage) "CONTEXT: line N: …"
std::vector<PairLine> pair_lines(std::string_view text, std::string_view context);

}  // namespace cbuild::cli
