// The arguments in force at a line of the Dockerfile, as the history of a RUN records them.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cbuild::frontend {

/// What ARG declared in a stage and in those it is based on, in order, each once.
class Arguments {
 public:
  /// Adds `name`, or sets the value of one that is there.
  void declare(const std::string& name, const std::string& value);

  /// Takes note of a variable's value. Nothing happens if it is no argument.
  void set(const std::string& name, const std::string& value);

  bool contains(const std::string& name) const { return places_.contains(name); }

  /// What a copy of the text costs, in bytes.
  std::size_t bytes() const noexcept { return text_.size(); }

  /// "|2 A=1 B=two words "; empty without arguments.
  std::string text() const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
  std::unordered_map<std::string, std::size_t> places_;
  std::string text_;  ///< "A=1 B=two words ": kept, because every RUN of the stage tells it
};

}  // namespace cbuild::frontend
