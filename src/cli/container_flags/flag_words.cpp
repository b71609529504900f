// Words in the values of flags; see flag_words.h.
#include "src/cli/container_flags/flag_words.h"

#include <algorithm>
#include <array>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

std::optional<bool> parse_go_bool(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};
  if (std::ranges::find(kTrue, text) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, text) != kFalse.end()) return false;
  return std::nullopt;
}

bool bool_of(std::string_view key, std::string_view text) {
  if (const auto value = parse_go_bool(text)) return *value;
  throw Error(ErrorKind::usage, "invalid value for {}: {} (want true or false)", key,
              printable(text));
}

std::pair<std::string, std::optional<std::string>> cut(std::string_view text, char separator) {
  const auto at = text.find(separator);
  if (at == std::string_view::npos) return {std::string(text), std::nullopt};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

}  // namespace cbuild::cli
