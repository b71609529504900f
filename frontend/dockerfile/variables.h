// The variables in force at a line of the Dockerfile: names with values, in order of first setting.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cbuild::graph {
class Environment;
class EnvironmentBlock;
}  // namespace cbuild::graph

namespace cbuild::frontend {

/// A value set again keeps its place.
class Variables {
 public:
  void set(std::string_view name, std::string value);

  std::optional<std::string> find(std::string_view name) const;

  bool contains(std::string_view name) const { return places_.contains(name); }

  /// What a copy costs, in items of Lowering::spend().
  std::size_t work() const noexcept;

  std::vector<std::string> names() const;

  /// "K=V" each. Shares with earlier results all blocks in which nothing was set since.
  graph::Environment environment();

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::vector<std::pair<std::string, std::string>> values_;
  std::size_t bytes_ = 0;  ///< of the values
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> places_;
  /// Of `values_`; null where one was set since.
  std::vector<std::shared_ptr<const graph::EnvironmentBlock>> blocks_;
};

}  // namespace cbuild::frontend
