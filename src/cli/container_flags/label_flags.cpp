// Parses --label and --label-file; see label_flags.h.
#include "src/cli/container_flags/label_flags.h"

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/container_flags/flag_words.h"
#include "src/cli/container_flags/pair_lines.h"

namespace cbuild::cli {

NamedValue parse_label_flag(const std::string& text) {
  const auto [name, value] = cut(text, '=');
  if (name.empty()) {
    throw Error(ErrorKind::usage, "invalid label '{}': empty name", printable(text))
        .with_hint("want NAME=VALUE or NAME");
  }
  return {name, value.value_or("")};
}

std::vector<NamedValue> parse_label_file(std::string_view text, const std::string& file) {
  std::vector<NamedValue> labels;
  for (const PairLine& line :
       pair_lines(text, fmt::format("invalid label file ({})", printable(file))))
    labels.push_back({line.name, line.value.value_or("")});
  return labels;
}

}  // namespace cbuild::cli
