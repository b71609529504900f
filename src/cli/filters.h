// --filter KEY=VALUE of commands that list.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::cli {

/// What was asked for by docker's --filter. Filters of different keys must all be met; of several
/// values of one key any, but for labels: those must all be met, as docker has it.
class Filters {
 public:
  /// @param texts  KEY=VALUE; the key without regard to case, blanks around both are skipped.
  ///               "label!=x" has the key "label!"
  /// @param known  keys of the command
  /// @throws Error(usage) "invalid filter 'foo'", which names the known keys
  static Filters parse(const std::vector<std::string>& texts,
                       const std::vector<std::string>& known);

  bool empty() const { return values_.empty(); }

  bool has(std::string_view key) const { return !values(key).empty(); }

  /// In the order given, each once; empty when the key was not given.
  std::span<const std::string> values(std::string_view key) const;

  /// Whether `meets` is true of any value; true when the key was not given.
  bool any(std::string_view key, const std::function<bool(const std::string&)>& meets) const;

  /// Whether `text` is one of the values; true when the key was not given.
  bool is_one_of(std::string_view key, std::string_view text) const;

  /// "label" and "label!", whose values are NAME or NAME=VALUE: all of the first are among
  /// `labels`, and not all of the second.
  bool match_labels(const std::map<std::string, std::string>& labels) const;

  /// The value as a truth of Go; nullopt when the key was not given. @throws Error(usage)
  std::optional<bool> truth(std::string_view key) const;

 private:
  bool has_labels(std::string_view key, const std::map<std::string, std::string>& labels) const;

  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace cbuild::cli
