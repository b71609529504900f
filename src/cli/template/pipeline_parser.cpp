// Parses one action; see pipeline_parser.h.
#include "src/cli/template/pipeline_parser.h"

#include <fmt/core.h>

#include <algorithm>

#include "cbuild/util/text.h"
#include "src/cli/template/functions.h"

namespace cbuild::cli::templates {

namespace {

using Kind = Token::Kind;
using Base = Operand::Base;

constexpr int kMaxDepth = 100;

Place from_to(const Place& first, const Place& last) {
  return {first.offset, last.offset + last.size - first.offset};
}

}  // namespace

Pipeline PipelineParser::parse(bool range) {
  Pipeline pipeline;
  parse_variables(pipeline, range);
  Pipeline rest = parse_until(Kind::end, 0);
  pipeline.commands = std::move(rest.commands);
  pipeline.place = rest.place;
  if (pipeline.declares) {
    variables_.insert(variables_.end(), pipeline.variables.begin(), pipeline.variables.end());
  }
  return pipeline;
}

void PipelineParser::parse_variables(Pipeline& pipeline, bool range) {
  // words_ ends with Kind::end, so each look ahead stays within it.
  if (peek().kind != Kind::variable) return;
  const Token& first = peek();
  const Token* mark = &words_[at_ + 1];
  std::vector<const Token*> tokens = {&first};
  if (mark->kind == Kind::comma) {
    const Token& second = words_[at_ + 2];
    if (!range) unexpected(*mark, "a pipeline");
    if (second.kind != Kind::variable) unexpected(second, "the variables of a range");
    tokens.push_back(&second);
    mark = &words_[at_ + 3];
    if (mark->kind != Kind::declare && mark->kind != Kind::assign) {
      unexpected(*mark, "the variables of a range");
    }
  }
  if (mark->kind != Kind::declare && mark->kind != Kind::assign) return;
  pipeline.declares = mark->kind == Kind::declare;
  for (const Token* token : tokens) {
    if (pipeline.declares && token->name == "$") unexpected(*token, "a declaration");
    if (!pipeline.declares) check_variable(*token);
    pipeline.variables.push_back(token->name);
  }
  at_ += 2 * tokens.size();
}

Pipeline PipelineParser::parse_until(Token::Kind end, int depth) {
  if (depth > kMaxDepth) {
    fail(source_, {peek().place.offset, 0}, fmt::format("nested more than {} deep", kMaxDepth));
  }
  Pipeline pipeline;
  const Place first = peek().place;
  for (;;) {
    pipeline.commands.push_back(parse_command(depth));
    if (peek().kind != Kind::pipe) break;
    skip();
  }
  if (peek().kind != end) unexpected(peek(), "a pipeline");
  pipeline.place = from_to(first, pipeline.commands.back().place);
  check_stages(pipeline);
  return pipeline;
}

void PipelineParser::check_stages(const Pipeline& pipeline) const {
  for (std::size_t i = 1; i < pipeline.commands.size(); ++i) {
    const Operand& first = pipeline.commands[i].operands.front();
    if (first.base == Base::function || !first.fields.empty()) continue;
    fail(source_, first.place, fmt::format("non executable command in pipeline stage {}", i + 1),
         "behind a | there must be a function");
  }
}

Command PipelineParser::parse_command(int depth) {
  Command command;
  const auto ends = [&] {
    const Kind kind = peek().kind;
    return kind == Kind::end || kind == Kind::pipe || kind == Kind::close;
  };
  if (ends()) {
    fail(source_, {peek().place.offset, 0}, "missing value for command");
  }
  while (!ends()) {
    if (!command.operands.empty() && !peek().after_space) unexpected(peek(), "an operand");
    command.operands.push_back(parse_operand(depth));
  }
  command.place = from_to(command.operands.front().place, command.operands.back().place);
  return command;
}

Operand PipelineParser::parse_operand(int depth) {
  Operand operand = parse_base(depth);
  while (peek().kind == Kind::field && !peek().after_space) {
    const bool plain_dot = operand.base == Base::dot && operand.fields.empty();
    if (plain_dot || operand.base == Base::constant || operand.base == Base::nil ||
        operand.base == Base::function) {
      unexpected(peek(), "an operand");
    }
    operand.fields.push_back(peek().name);
    operand.place = from_to(operand.place, peek().place);
    skip();
  }
  return operand;
}

Operand PipelineParser::parse_base(int depth) {
  const Token& token = peek();
  Operand operand;
  operand.place = token.place;
  operand.name = token.name;
  skip();
  switch (token.kind) {
    case Kind::dot:
      break;
    case Kind::field:
      operand.name.clear();
      operand.fields.push_back(token.name);
      break;
    case Kind::variable:
      check_variable(token);
      operand.base = Base::variable;
      break;
    case Kind::constant:
      operand.base = Base::constant;
      operand.value = token.value;
      break;
    case Kind::nil:
      operand.base = Base::nil;
      break;
    case Kind::identifier:
      check_function(source_, token.place, token.name);
      operand.base = Base::function;
      break;
    case Kind::open:
      operand.base = Base::pipeline;
      operand.pipeline = std::make_shared<const Pipeline>(parse_until(Kind::close, depth + 1));
      operand.place = from_to(token.place, peek().place);
      skip();
      break;
    case Kind::end:
    case Kind::pipe:
    case Kind::close:
    case Kind::comma:
    case Kind::declare:
    case Kind::assign:
      unexpected(token, "an operand");
  }
  return operand;
}

void PipelineParser::check_variable(const Token& token) const {
  if (std::ranges::find(variables_, token.name) != variables_.end()) return;
  fail(source_, token.place, fmt::format("undefined variable \"{}\"", printable(token.name)),
       fmt::format("declare it before: {{{{{} := …}}}}", printable(token.name)));
}

void PipelineParser::unexpected(const Token& token, std::string_view where) const {
  const std::string_view text = source_.substr(token.place.offset, token.place.size);
  fail(source_, {token.place.offset, 0},
       token.kind == Kind::end ? fmt::format("unexpected end of {}", where)
                               : fmt::format("unexpected \"{}\" in {}", printable(text), where));
}

}  // namespace cbuild::cli::templates
