// The variables in force at a line of the Dockerfile: names with values, in order of first setting.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cbuild::frontend {

/// Small: searched from the front. A value set again keeps its place.
class Variables {
 public:
  void set(std::string_view name, std::string value) {
    for (auto& [key, old] : values_) {
      if (key == name) {
        old = std::move(value);
        return;
      }
    }
    values_.emplace_back(name, std::move(value));
  }

  std::optional<std::string> find(std::string_view name) const {
    for (const auto& [key, value] : values_) {
      if (key == name) return value;
    }
    return std::nullopt;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [key, value] : values_)
      names.push_back(key);
    return names;
  }

  /// "K=V" each.
  std::vector<std::string> to_env() const {
    std::vector<std::string> env;
    for (const auto& [key, value] : values_)
      env.push_back(key + "=" + value);
    return env;
  }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace cbuild::frontend
