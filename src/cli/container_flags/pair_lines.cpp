// Lines of NAME=VALUE; see pair_lines.h.
#include "src/cli/container_flags/pair_lines.h"

#include <algorithm>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "cbuild/util/utf8.h"
#include "src/cli/container_flags/flag_words.h"

namespace cbuild::cli {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\v\f\r\n";

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    if (!point.valid) return false;
    text.remove_prefix(point.size);
  }
  return true;
}

/// nullopt for a line that says nothing.
std::optional<PairLine> read_line(std::string_view line) {
  if (!is_utf8(line)) throw Error(ErrorKind::usage, "invalid utf8 bytes: {}", printable(line));
  if (line.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::usage, "a NUL byte, which no variable can hold: {}", printable(line));
  }
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  if (line.empty() || line.front() == '#') return std::nullopt;
  const auto [name, value] = cut(line, '=');
  if (name.empty()) {
    throw Error(ErrorKind::usage, "no variable name on line '{}'", printable(line))
        .with_hint("want NAME=VALUE");
  }
  if (name.find_first_of(kBlanks) != std::string::npos) {
    throw Error(ErrorKind::usage, "variable '{}' contains whitespaces", printable(name))
        .with_hint("a name has no blanks in it, nor before the '='");
  }
  return PairLine{name, value};
}

}  // namespace

std::vector<PairLine> pair_lines(std::string_view text, std::string_view context) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<PairLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto pair =
        with_context(fmt::format("{}: line {}", context, number), [&] { return read_line(line); });
    if (pair) lines.push_back(std::move(*pair));
  }
  return lines;
}

}  // namespace cbuild::cli
