// A Dockerfile's instructions and words as data: see describe.h.
#include "cbuild/frontend/describe.h"

#include "cbuild/util/overloaded.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/instructions.h"
#include "frontend/dockerfile/parse.h"

namespace cbuild::frontend {

namespace {

using Form = DescribedInstruction::Form;
using Words = std::vector<std::string>;

/// The instruction once more as keyword, flags and arguments.
class Describer {
 public:
  Describer(const ast::Instruction& instruction, char escape)
      : instruction_(instruction), info_(ast::info_of(instruction)) {
    line_.append(info_.original, 1, 1);
    statement_ = split_statement(line_, 0, escape);
  }

  DescribedInstruction run() {
    result_.keyword = to_upper(info_.keyword);
    for (const UnquotedWord& flag : statement_.flags)
      result_.flags.push_back(flag.text);
    result_.original = info_.original;
    result_.first_line = info_.range.line;
    result_.last_line = info_.range.last_line;
    std::visit([&](const auto& one) { describe(one); }, instruction_);
    return std::move(result_);
  }

 private:
  void add_words(const std::vector<ast::Word>& words) {
    for (const ast::Word& word : words)
      result_.arguments.push_back(word.text);
  }

  void add_heredocs(const std::vector<ast::Heredoc>& heredocs) {
    for (const ast::Heredoc& heredoc : heredocs)
      result_.heredocs.push_back(
          {heredoc.name, heredoc.content, heredoc.expand, heredoc.strip_tabs});
  }

  void add_command(const ast::Command& command) {
    result_.form = command.exec ? Form::exec : Form::shell;
    const Words words = command.exec ? command.argv : Words{command.text};
    result_.arguments.insert(result_.arguments.end(), words.begin(), words.end());
  }

  void add_pairs(const std::vector<ast::KeyValue>& values, bool legacy) {
    if (legacy) return add_words({values.front().key, values.front().value});
    add_words(statement_.quoted_words());
  }

  void describe(const ast::From&) { add_words(statement_.blank_separated()); }

  void describe(const ast::Run& run) {
    add_command(run.command);
    add_heredocs(run.heredocs);
  }

  void describe(const ast::Copy& copy) { describe_transfer(copy.transfer); }

  void describe(const ast::Add& add) { describe_transfer(add.transfer); }

  void describe_transfer(const ast::Transfer& transfer) {
    add_words(json_or_blank_separated(statement_));
    add_heredocs(transfer.heredocs);
  }

  void describe(const ast::Env& env) { add_pairs(env.values, env.legacy); }

  void describe(const ast::Label& label) { add_pairs(label.values, label.legacy); }

  void describe(const ast::Arg&) { add_words(statement_.quoted_words()); }

  void describe(const ast::Expose& expose) { add_words(expose.ports); }

  void describe(const ast::Volume& volume) { add_words(volume.paths); }

  void describe(const ast::Cmd& cmd) { add_command(cmd.command); }

  void describe(const ast::Entrypoint& entrypoint) { add_command(entrypoint.command); }

  void describe(const ast::Shell& shell) {
    result_.form = Form::exec;
    result_.arguments = shell.argv;
  }

  void describe(const ast::Healthcheck& check) {
    result_.arguments = {check.none ? "NONE" : "CMD"};
    if (!check.none) add_command(check.command);
  }

  void describe(const ast::Onbuild& onbuild) {
    result_.arguments = {std::string(statement_.args())};
    const ast::Instruction trigger = parse_instruction(onbuild.trigger);
    std::visit(overloaded{
                   [&](const ast::Run& run) { add_heredocs(run.heredocs); },
                   [&](const ast::Copy& copy) { add_heredocs(copy.transfer.heredocs); },
                   [&](const ast::Add& add) { add_heredocs(add.transfer.heredocs); },
                   [](const auto&) {},
               },
               trigger);
  }

  /// WORKDIR, USER, STOPSIGNAL, MAINTAINER: one argument, blanks and all.
  template <typename Other>
  void describe(const Other&) {
    result_.arguments = {std::string(statement_.args())};
  }

  const ast::Instruction& instruction_;
  const ast::Info& info_;
  LogicalLine line_;
  Statement statement_;
  DescribedInstruction result_;
};

ast::Word word_of(const std::string& text) {
  return {
      .text = text,
      .range = {
          .line = 1, .last_line = 1, .column = 1, .end_column = static_cast<int>(text.size()) + 1}};
}

VariableLookup lookup_in(const std::map<std::string, std::string>& variables) {
  return [&variables](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

}  // namespace

std::vector<DescribedInstruction> describe(std::string_view dockerfile) {
  const Ast ast = parse(dockerfile);
  std::vector<DescribedInstruction> result;
  result.reserve(ast.instructions.size());
  for (const ast::Instruction& instruction : ast.instructions)
    result.push_back(Describer(instruction, ast.directives.escape).run());
  return result;
}

std::string expand(const std::string& word,
                   const std::map<std::string, std::string>& variables,
                   char escape) {
  return expand_word(word_of(word), lookup_in(variables), {.escape = escape, .unset = nullptr});
}

std::vector<std::string> expand_to_words(const std::string& word,
                                         const std::map<std::string, std::string>& variables,
                                         char escape) {
  return expand_words(word_of(word), lookup_in(variables), {.escape = escape, .unset = nullptr});
}

}  // namespace cbuild::frontend
