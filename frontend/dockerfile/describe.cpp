// Describes instructions and words as data; see describe.h.
#include "cbuild/frontend/describe.h"

#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/lines.h"
#include "frontend/dockerfile/parse.h"
#include "frontend/dockerfile/parse_command.h"
#include "frontend/dockerfile/statement.h"

namespace cbuild::frontend {

namespace {

using Form = DescribedInstruction::Form;

constexpr std::string_view kBlanks = " \t\v\f\r";

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
    add_arguments(ast::traits_of(instruction_).arguments);
    const auto* onbuild = std::get_if<ast::Onbuild>(&instruction_);
    const ast::Words words = ast::words_of(onbuild ? onbuild->trigger->instruction : instruction_);
    add_heredocs(words.files);
    add_heredocs(words.scripts);
    return std::move(result_);
  }

 private:
  void add_arguments(ArgumentForm form) {
    switch (form) {
      case ArgumentForm::whole:
      case ArgumentForm::instruction:
        return add(statement_.args());
      case ArgumentForm::words:
        return add_words(statement_.blank_separated());
      case ArgumentForm::quoted_words:
        return add_words(statement_.quoted_words());
      case ArgumentForm::pairs:
        return add_pairs();
      case ArgumentForm::json_or_words:
        return add_words(json_or_blank_separated(statement_));
      case ArgumentForm::command:
        return add_command(statement_.args_begin);
      case ArgumentForm::typed_command:
        return add_typed_command();
    }
  }

  void add(std::string_view argument) { result_.arguments.emplace_back(argument); }

  void add_words(const std::vector<ast::Word>& words) {
    for (const ast::Word& word : words)
      add(word.text);
  }

  void add_pairs() {
    const std::vector<ast::Word> words = statement_.quoted_words();
    if (words.front().text.find('=') != std::string::npos) return add_words(words);
    const std::string_view args = statement_.args();
    const std::size_t end = args.find_first_of(kBlanks);
    add(args.substr(0, end));
    add(args.substr(args.find_first_not_of(kBlanks, end)));
  }

  /// @param begin  of the command in the text of the line
  void add_command(std::size_t begin) {
    const ast::Command command = parse_command(statement_, begin, statement_.args_end);
    result_.form = command.exec ? Form::exec : Form::shell;
    if (!command.exec) return add(command.text);
    for (const std::string& word : command.argv)
      add(word);
  }

  void add_typed_command() {
    const std::vector<ast::Word> words = statement_.blank_separated();
    add(to_upper(words.front().text));
    if (words.size() == 1) return;
    add_command(
        line_.text.find_first_not_of(kBlanks, statement_.args_begin + words.front().text.size()));
  }

  void add_heredocs(const std::vector<const ast::Heredoc*>& heredocs) {
    for (const ast::Heredoc* heredoc : heredocs) {
      result_.heredocs.push_back(
          {heredoc->name, heredoc->content, heredoc->expand, heredoc->strip_tabs});
    }
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
