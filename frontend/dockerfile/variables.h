// The variables in force at a line of the Dockerfile: names with values, in order of first setting.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cbuild::frontend {

/// A value set again keeps its place.
class Variables {
 public:
  void set(std::string_view name, std::string value) {
    bytes_ += value.size();
    const auto [entry, is_new] = places_.try_emplace(std::string(name), values_.size());
    if (is_new) {
      values_.emplace_back(name, std::move(value));
    } else {
      bytes_ -= values_[entry->second].second.size();
      values_[entry->second].second = std::move(value);
    }
  }

  std::optional<std::string> find(std::string_view name) const {
    const auto place = places_.find(name);
    if (place == places_.end()) return std::nullopt;
    return values_[place->second].second;
  }

  bool contains(std::string_view name) const { return places_.contains(name); }

  /// What a copy costs, in items of Lowering::spend().
  std::size_t work() const noexcept {
    static constexpr std::size_t kBytesOfItem = 64;
    return values_.size() + bytes_ / kBytesOfItem;
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
    env.reserve(values_.size());
    for (const auto& [key, value] : values_)
      env.emplace_back(key).append("=").append(value);
    return env;
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::vector<std::pair<std::string, std::string>> values_;
  std::size_t bytes_ = 0;  ///< of the values
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> places_;
};

}  // namespace cbuild::frontend
