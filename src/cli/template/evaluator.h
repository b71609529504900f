// Executes a parsed template.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "src/cli/template/syntax.h"

namespace cbuild::cli::templates {

enum class Mode {
  values,
  headings,  ///< the data are headings of columns: functions that change a text return it
};

/// Executes one template once. Steps and the bytes read and made are counted together and bounded,
/// so a template of others ends soon, and in little memory.
class Evaluator {
 public:
  /// @param source  the template, for errors; borrowed
  Evaluator(std::string_view source, Mode mode) : source_(source), mode_(mode) {}

  /// @throws Error(usage) with the place
  std::string run(const std::vector<Node>& nodes, const Value& data);

 private:
  struct Variable {
    std::string name;
    Value value;
  };

  void run_nodes(const std::vector<Node>& nodes, const Value& dot);
  void run_node(const Node& node, const Value& dot);
  void run_branch(const Node& node, const Value& dot);
  void run_range(const Node& node, const Value& dot);
  void run_element(const Node& node, const Value& key, const Value& element);
  bool run_members(const Node& node, const Value& range);

  Value evaluate(const Pipeline& pipeline, const Value& dot);
  Value evaluate(const Command& command, const Value& dot, const Value* last);
  Value evaluate(const Operand& operand, const Value& dot);
  Value resolve(const Operand& operand, const Value& dot);
  Value base_of(const Operand& operand, const Value& dot);
  Value field(const Operand& operand, const Value& receiver, const std::string& name) const;
  Value call_field(const Command& command, const Value& dot, const Value* last);
  Value call_function(const Command& command, const Value& dot, const Value* last);
  Value evaluate_lazily(const Command& command, const Value& dot, const Value* last);
  Value run_function(const Command& command, const std::vector<Value>& arguments);
  bool returns_heading(const Operand& function, const std::vector<Value>& arguments) const;

  Value variable_of(const std::string& name) const;
  void assign(const Pipeline& pipeline, std::size_t index, const Value& value);
  void charge(const Place& place, std::size_t units);

  std::string_view source_;
  Mode mode_;
  std::size_t left_ = std::size_t{64} << 20;
  std::vector<Variable> variables_;
  std::string output_;
};

}  // namespace cbuild::cli::templates
