// Executes templates; see evaluator.h.
#include "src/cli/template/evaluator.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/template/functions.h"
#include "src/cli/value_text.h"

namespace cbuild::cli::templates {

namespace {

using Kind = Value::Kind;
using Base = Operand::Base;

/// What a step costs, in bytes of text that could be made instead.
constexpr std::size_t kStep = 64;

/// Bytes that are read when the value is printed, about.
std::size_t cost_of(const Value& value) {
  std::size_t cost = 1;
  if (value.kind() == Kind::text) return cost + value.text().size();
  if (value.kind() == Kind::list) {
    for (const Value& element : value.elements())
      cost += cost_of(element);
  }
  if (value.has_members()) {
    for (const Value::Member& member : value.members())
      cost += member.name.size() + cost_of(member.value);
  }
  return cost;
}

/// docker's Go name of the field that its JSON calls "Id".
std::string_view alias_of(std::string_view name) {
  return name == "ID" ? "Id" : name;
}

std::span<const Operand> arguments_of(const Command& command) {
  return std::span(command.operands).subspan(1);
}

std::vector<std::string> names_of(const Value& record) {
  std::vector<std::string> names;
  for (const Value::Member& member : record.members())
    names.push_back(printable(member.name));
  return names;
}

/// "com.example.built-by" heads its column with "built by".
std::string heading_of_label(std::string_view label) {
  std::string heading(label.substr(label.rfind('.') + 1));
  std::ranges::replace(heading, '-', ' ');
  std::ranges::replace(heading, '_', ' ');
  return heading;
}

}  // namespace

std::string Evaluator::run(const std::vector<Node>& nodes, const Value& data) {
  variables_ = {{"$", data}};
  run_nodes(nodes, data);
  return std::move(output_);
}

void Evaluator::charge(const Place& place, std::size_t units) {
  if (units > left_) {
    fail(source_, place,
         "the template makes too much (more than 64 MiB of text or a million steps)");
  }
  left_ -= units;
}

void Evaluator::run_nodes(const std::vector<Node>& nodes, const Value& dot) {
  const std::size_t known = variables_.size();
  for (const Node& node : nodes)
    run_node(node, dot);
  variables_.resize(known);
}

void Evaluator::run_node(const Node& node, const Value& dot) {
  switch (node.kind) {
    case Node::Kind::text:
      charge({}, kStep + node.text.size());
      output_ += node.text;
      break;
    case Node::Kind::print: {
      const Value value = evaluate(node.pipeline, dot);
      if (!node.pipeline.variables.empty()) break;
      const std::string text = value.kind() == Kind::missing ? "<no value>" : go_text(value);
      charge(node.pipeline.place, text.size());
      output_ += text;
      break;
    }
    case Node::Kind::if_true:
    case Node::Kind::with:
      run_branch(node, dot);
      break;
    case Node::Kind::range:
      run_range(node, dot);
      break;
  }
}

void Evaluator::run_branch(const Node& node, const Value& dot) {
  const std::size_t known = variables_.size();
  const Value value = evaluate(node.pipeline, dot);
  if (!value.truth()) {
    run_nodes(node.otherwise, dot);
  } else {
    run_nodes(node.body, node.kind == Node::Kind::with ? value : dot);
  }
  variables_.resize(known);
}

void Evaluator::run_range(const Node& node, const Value& dot) {
  const std::size_t known = variables_.size();
  // The variables take what is ranged over one by one, not the whole of it.
  Pipeline pipeline = node.pipeline;
  pipeline.variables.clear();
  const Value range = evaluate(pipeline, dot);
  bool any = false;
  switch (range.kind()) {
    case Kind::missing:
    case Kind::null:
      break;
    case Kind::list:
      any = !range.elements().empty();
      for (std::size_t i = 0; i < range.elements().size(); ++i)
        run_element(node, Value(static_cast<std::int64_t>(i)), range.elements()[i]);
      break;
    case Kind::integer:
      any = range.integer() > 0;
      for (std::int64_t i = 0; i < range.integer(); ++i)
        run_element(node, Value(i), Value(i));
      break;
    case Kind::map:
    case Kind::record:
      any = run_members(node, range);
      break;
    case Kind::boolean:
    case Kind::real:
    case Kind::text:
    case Kind::lookup:
      fail(source_, node.pipeline.place,
           fmt::format("range can't iterate over a {}", range.type_name()));
  }
  if (!any) run_nodes(node.otherwise, dot);
  variables_.resize(known);
}

/// In the order of their names. False when there are none.
bool Evaluator::run_members(const Node& node, const Value& range) {
  std::vector<const Value::Member*> members;
  for (const Value::Member& member : range.members())
    if (member.value.kind() != Kind::lookup) members.push_back(&member);
  std::ranges::stable_sort(members, {},
                           [](const auto* member) { return std::string_view(member->name); });
  charge(node.pipeline.place, members.size());
  for (const Value::Member* member : members)
    run_element(node, Value(member->name), member->value);
  return !members.empty();
}

void Evaluator::run_element(const Node& node, const Value& key, const Value& element) {
  const std::size_t known = variables_.size();
  const std::size_t count = node.pipeline.variables.size();
  charge(node.pipeline.place, kStep);
  if (count == 2) assign(node.pipeline, 0, key);
  if (count > 0) assign(node.pipeline, count - 1, element);
  run_nodes(node.body, element);
  variables_.resize(known);
}

Value Evaluator::variable_of(const std::string& name) const {
  // The parser saw to it that the variable exists. The innermost one of that name counts.
  for (std::size_t i = variables_.size(); i-- > 0;) {
    if (variables_[i].name == name) return variables_[i].value;
  }
  return {};
}

void Evaluator::assign(const Pipeline& pipeline, std::size_t index, const Value& value) {
  const std::string& name = pipeline.variables[index];
  if (pipeline.declares) {
    variables_.push_back({name, value});
    return;
  }
  for (std::size_t i = variables_.size(); i-- > 0;) {
    if (variables_[i].name != name) continue;
    variables_[i].value = value;
    return;
  }
}

Value Evaluator::evaluate(const Pipeline& pipeline, const Value& dot) {
  Value value;
  for (const Command& command : pipeline.commands) {
    const bool first = &command == pipeline.commands.data();
    value = evaluate(command, dot, first ? nullptr : &value);
  }
  if (!pipeline.variables.empty()) assign(pipeline, 0, value);
  return value;
}

/// @param last  the last argument: the result of the command before
Value Evaluator::evaluate(const Command& command, const Value& dot, const Value* last) {
  charge(command.place, kStep);
  const Operand& first = command.operands.front();
  if (first.base == Base::function) return call_function(command, dot, last);
  if (command.operands.size() > 1 || last != nullptr) return call_field(command, dot, last);
  if (first.base == Base::nil) fail(source_, first.place, "nil is not a command");
  return evaluate(first, dot);
}

Value Evaluator::evaluate(const Operand& operand, const Value& dot) {
  Value value = resolve(operand, dot);
  if (value.kind() == Kind::lookup) {
    fail(source_, operand.place, "wrong number of args: want 1 got 0",
         "write the name behind it, in double quotes");
  }
  return value;
}

Value Evaluator::resolve(const Operand& operand, const Value& dot) {
  Value value = base_of(operand, dot);
  for (const std::string& name : operand.fields)
    value = field(operand, value, name);
  charge(operand.place, kStep * (1 + operand.fields.size()));
  return value;
}

Value Evaluator::base_of(const Operand& operand, const Value& dot) {
  switch (operand.base) {
    case Base::dot:
      return dot;
    case Base::variable:
      return variable_of(operand.name);
    case Base::constant:
      return operand.value;
    case Base::nil:
      break;
    case Base::pipeline:
      return evaluate(*operand.pipeline, dot);
    case Base::function: {
      Command call;
      call.operands.push_back(operand);
      call.place = operand.place;
      return call_function(call, dot, nullptr);
    }
  }
  return {};
}

Value Evaluator::field(const Operand& operand,
                       const Value& receiver,
                       const std::string& name) const {
  if (const Value* found = receiver.find(name)) return *found;
  switch (receiver.kind()) {
    case Kind::missing:
    case Kind::map:
      return Value::missing();
    case Kind::record:
      if (const Value* found = receiver.find(alias_of(name))) return *found;
      break;
    case Kind::null:
      fail(source_, operand.place, fmt::format("nil pointer evaluating .{}", printable(name)),
           "ask first whether it is there: {{if …}} or {{with …}}");
    case Kind::boolean:
    case Kind::integer:
    case Kind::real:
    case Kind::text:
    case Kind::list:
    case Kind::lookup:
      fail(
          source_, operand.place,
          fmt::format("can't evaluate field {} in type {}", printable(name), receiver.type_name()));
  }
  const std::vector<std::string> known = names_of(receiver);
  const auto suggestion = nearest(name, known);
  fail(source_, operand.place,
       fmt::format("can't evaluate field {}{}", printable(name),
                   suggestion ? fmt::format(" (did you mean {}?)", *suggestion) : ""),
       "known fields: " + join(known, ", "));
}

/// docker's {{.Label "name"}}.
Value Evaluator::call_field(const Command& command, const Value& dot, const Value* last) {
  const Operand& first = command.operands.front();
  if (first.base == Base::nil) fail(source_, first.place, "nil is not a command");
  const Value receiver = resolve(first, dot);
  std::vector<Value> arguments;
  for (const Operand& operand : arguments_of(command))
    arguments.push_back(evaluate(operand, dot));
  if (last != nullptr) arguments.push_back(*last);
  const bool one_text = arguments.size() == 1 && arguments[0].kind() == Kind::text;
  if (mode_ == Mode::headings && !first.fields.empty() && one_text) {
    return heading_of_label(arguments[0].text());
  }
  if (receiver.kind() == Kind::lookup && one_text) {
    const Value* found = receiver.find(arguments[0].text());
    return found != nullptr ? *found : Value("");
  }
  fail(source_, first.place,
       receiver.kind() == Kind::lookup ? "want one text as argument"
                                       : "is not a function, but has arguments",
       "put a function before it, such as index, or a | between them");
}

Value Evaluator::call_function(const Command& command, const Value& dot, const Value* last) {
  const Operand& first = command.operands.front();
  const Function* function = find_function(first.name);
  const std::size_t count = command.operands.size() - 1 + (last != nullptr ? 1 : 0);
  if (count < function->least || count > function->most) {
    const std::string wanted = function->least == function->most ? "" : "at least ";
    fail(source_, command.place,
         fmt::format("wrong number of args for {}: want {}{} got {}", first.name,
                     count > function->most ? "" : wanted,
                     count > function->most ? function->most : function->least, count));
  }
  if (function->run == nullptr) return evaluate_lazily(command, dot, last);
  std::vector<Value> arguments;
  for (const Operand& operand : arguments_of(command))
    arguments.push_back(evaluate(operand, dot));
  if (last != nullptr) arguments.push_back(*last);
  return run_function(command, arguments);
}

/// The first argument of "and" that is not true, of "or" that is; else the last one.
Value Evaluator::evaluate_lazily(const Command& command, const Value& dot, const Value* last) {
  const bool wanted = command.operands.front().name == "or";
  Value value;
  for (const Operand& operand : arguments_of(command)) {
    value = evaluate(operand, dot);
    if (value.truth() == wanted) return value;
  }
  return last != nullptr ? *last : value;
}

Value Evaluator::run_function(const Command& command, const std::vector<Value>& arguments) {
  const Operand& first = command.operands.front();
  if (returns_heading(first, arguments)) return arguments[0];
  // index and len read little of a long list; what prints it reads all.
  const bool reads_all =
      first.name == "json" || first.name == "join" || first.name.starts_with("print");
  for (const Value& argument : arguments) {
    const bool text = argument.kind() == Kind::text;
    charge(command.place, reads_all || text ? cost_of(argument) : 1);
  }
  Value result;
  try {
    result = find_function(first.name)->run(arguments);
  } catch (const Error& error) {
    fail(source_, command.place, fmt::format("error calling {}: {}", first.name, error.what()));
  }
  if (result.kind() == Kind::text) charge(command.place, result.text().size());
  if (result.kind() == Kind::list) charge(command.place, result.elements().size());
  return result;
}

bool Evaluator::returns_heading(const Operand& function,
                                const std::vector<Value>& arguments) const {
  constexpr std::array<std::string_view, 10> kNames = {
      "json", "join", "split", "title", "lower", "upper", "pad", "truncate", "index", "slice"};
  return mode_ == Mode::headings && !arguments.empty() && arguments[0].kind() == Kind::text &&
         std::ranges::find(kNames, function.name) != kNames.end();
}

}  // namespace cbuild::cli::templates
