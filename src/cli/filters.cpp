// --filter of commands that list; see filters.h.
#include "src/cli/filters.h"

#include <algorithm>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/container_flags/flag_words.h"

namespace cbuild::cli {

Filters Filters::parse(const std::vector<std::string>& texts,
                       const std::vector<std::string>& known) {
  Filters filters;
  for (const std::string& text : texts) {
    const auto [name, value] = cut(text, '=');
    const std::string key = to_lower(trim(name));
    if (!value || key.empty()) {
      throw Error(ErrorKind::usage, "--filter '{}': bad format of filter (expected name=value)",
                  printable(text))
          .with_hint("known filters: " + join(known, ", "));
    }
    if (std::ranges::find(known, key) == known.end()) {
      const auto suggestion = nearest(key, known);
      throw Error(ErrorKind::usage, "--filter '{}': invalid filter '{}'{}", printable(text),
                  printable(key), suggestion ? fmt::format(" (did you mean {}?)", *suggestion) : "")
          .with_hint("known filters: " + join(known, ", "));
    }
    std::vector<std::string>& values = filters.values_[key];
    const std::string wanted(trim(*value));
    if (std::ranges::find(values, wanted) == values.end()) values.push_back(wanted);
  }
  return filters;
}

std::span<const std::string> Filters::values(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::span<const std::string>() : found->second;
}

bool Filters::any(std::string_view key,
                  const std::function<bool(const std::string&)>& meets) const {
  return !has(key) || std::ranges::any_of(values(key), meets);
}

bool Filters::is_one_of(std::string_view key, std::string_view text) const {
  return any(key, [&](const std::string& value) { return value == text; });
}

bool Filters::match_labels(const std::map<std::string, std::string>& labels) const {
  const bool excluded = has("label!") && has_labels("label!", labels);
  return !excluded && has_labels("label", labels);
}

bool Filters::has_labels(std::string_view key,
                         const std::map<std::string, std::string>& labels) const {
  return std::ranges::all_of(values(key), [&](const std::string& wanted) {
    const auto [name, value] = cut(wanted, '=');
    const auto label = labels.find(name);
    return label != labels.end() && (!value || *value == label->second);
  });
}

std::optional<bool> Filters::truth(std::string_view key) const {
  const auto given = values(key);
  if (given.empty()) return std::nullopt;
  const auto truth = parse_go_bool(given.front());
  if (given.size() == 1 && truth) return truth;
  throw Error(ErrorKind::usage, "invalid filter '{}={}' (want true or false)", key,
              printable(join(given, ",")));
}

}  // namespace cbuild::cli
