// Parses -e and --env-file; see environment_flags.h.
#include "src/cli/container_flags/environment_flags.h"

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/container_flags/flag_words.h"
#include "src/cli/container_flags/pair_lines.h"

namespace cbuild::cli {

namespace {

/// Without a value, the one of the caller.
std::optional<NamedValue> completed(const std::string& name,
                                    std::optional<std::string> value,
                                    const EnvironmentLookup& lookup) {
  if (!value) value = lookup(name.c_str());
  if (!value) return std::nullopt;
  return NamedValue{name, *value};
}

}  // namespace

std::optional<NamedValue> parse_env_flag(const std::string& text, const EnvironmentLookup& lookup) {
  const auto [name, value] = cut(text, '=');
  if (name.empty()) {
    throw Error(ErrorKind::usage, "-e '{}': invalid environment variable: {}", printable(text),
                text.empty() ? "the name is missing" : printable(text))
        .with_hint("want NAME=VALUE, or NAME for the value that it has here");
  }
  return completed(name, value, lookup);
}

std::vector<NamedValue> parse_env_file(std::string_view text,
                                       const std::string& file,
                                       const EnvironmentLookup& lookup) {
  std::vector<NamedValue> variables;
  for (const PairLine& line :
       pair_lines(text, fmt::format("invalid env file ({})", printable(file)))) {
    if (auto variable = completed(line.name, line.value, lookup)) {
      variables.push_back(std::move(*variable));
    }
  }
  return variables;
}

}  // namespace cbuild::cli
