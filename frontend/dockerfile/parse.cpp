// Parses a Dockerfile, instruction by instruction; see parse.h.
#include "frontend/dockerfile/parse.h"

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>
#include <utility>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/faults.h"
#include "frontend/dockerfile/heredoc.h"
#include "frontend/dockerfile/json.h"
#include "frontend/dockerfile/lines.h"
#include "frontend/dockerfile/messages.h"
#include "frontend/dockerfile/statement.h"
#include "frontend/dockerfile/syntax.h"

namespace cbuild::frontend {

namespace {

using ParseFunction = ast::Instruction (*)(const Statement&, const Flags&, ast::Info);

template <typename T>
ast::Instruction parse_as(const Statement& statement, const Flags& flags, ast::Info info) {
  return T::parse(statement, flags, std::move(info));
}

/// How an instruction is parsed.
struct Rule {
  Traits traits;
  ParseFunction parse;  ///< nullptr: ONBUILD, which holds another instruction
};

template <typename T>
constexpr Rule rule_for() {
  if constexpr (T::kTraits.arguments == ArgumentForm::instruction) {
    return {T::kTraits, nullptr};
  } else {
    return {T::kTraits, parse_as<T>};
  }
}

/// One rule for each instruction of the variant, sorted by keyword.
template <typename... Instructions>
constexpr auto rules_of(std::type_identity<std::variant<Instructions...>> /*all*/) {
  std::array rules{rule_for<Instructions>()...};
  std::ranges::sort(rules, {}, [](const Rule& rule) { return rule.traits.keyword; });
  return rules;
}

constexpr auto kRules = rules_of(std::type_identity<ast::Instruction::variant>());

constexpr std::string_view keyword_of(const Rule& rule) {
  return rule.traits.keyword;
}

/// The first word of a line is no keyword.
class UnknownInstruction : public DockerfileError {
 public:
  UnknownInstruction(const SourceRange& range, const std::string& message, bool is_misspelt)
      : DockerfileError(range, message), is_misspelt_(is_misspelt) {}

  /// Nearly one: it is at fault itself.
  bool is_misspelt() const noexcept { return is_misspelt_; }

 private:
  bool is_misspelt_;
};

/// A character that looks like a blank, as web pages have them: "RUN\u00A0true".
constexpr std::string_view kNoBreakSpace = "\u00A0";

const Rule& rule_of(const Statement& statement) {
  const std::string keyword = to_upper(statement.keyword);
  const auto rule = std::ranges::find(kRules, std::string_view(keyword), keyword_of);
  if (rule != kRules.end()) return *rule;
  std::vector<std::string_view> keywords(kRules.size());
  std::ranges::transform(kRules, keywords.begin(), keyword_of);
  std::string advice = suggestion(keyword, keywords);
  const bool is_misspelt = !advice.empty();
  if (keyword.starts_with("//")) advice = " (a comment begins with #)";
  if (keyword.find(kNoBreakSpace) != std::string::npos)
    advice = " (it contains a no-break space, U+00A0: type an ordinary blank)";
  throw UnknownInstruction(
      statement.keyword_range(),
      fmt::format("unknown instruction: {}{}", printable(statement.keyword), advice), is_misspelt);
}

/// Reads the bodies of the heredocs of `statement`; `line` grows by them.
void read_heredocs(Statement& statement, LogicalLine& line, LineReader& reader) {
  if (parse_string_array(statement.args()).kind != StringArray::Kind::no_array) return;
  statement.heredocs = find_heredocs(statement.args());
  for (ast::Heredoc& heredoc : statement.heredocs)
    reader.read_body(heredoc, line);
}

ast::Info info_of(const Statement& statement) {
  const LogicalLine& line = *statement.line;
  return {.range = statement.range(),
          .keyword = std::string(statement.keyword),
          .original = line.text.substr(statement.begin, statement.args_end - statement.begin),
          .comments = line.comments};
}

/// Parses the text as the stages and images based on this one will.
std::unique_ptr<const ast::Trigger> parse_trigger(std::string text, const Statement& onbuild) {
  try {
    ast::Instruction instruction = parse_instruction(text);
    return std::make_unique<const ast::Trigger>(
        ast::Trigger{std::move(text), std::move(instruction)});
  } catch (const DockerfileError& error) {
    throw onbuild.error(error.what());
  }
}

ast::Instruction parse_onbuild(const Statement& statement, LogicalLine& line, LineReader& reader) {
  if (statement.args().empty()) throw statement.error("ONBUILD requires at least one argument");
  Statement trigger = split_statement(line, statement.args_begin, statement.escape);
  const Rule& rule = rule_of(trigger);
  if (keyword_of(rule) == "ONBUILD") {
    throw DockerfileError(trigger.keyword_range(),
                          "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  }
  if (keyword_of(rule) == "FROM" || keyword_of(rule) == "MAINTAINER") {
    throw DockerfileError(trigger.keyword_range(),
                          fmt::format("{} isn't allowed as an ONBUILD trigger", keyword_of(rule)));
  }
  if (rule.traits.heredocs) read_heredocs(trigger, line, reader);
  // First at its place in the file, so that errors are shown there.
  rule.parse(trigger, Flags(trigger, rule.traits.flags), info_of(trigger));
  std::string text = info_of(trigger).original;
  for (const ast::Heredoc& heredoc : trigger.heredocs)
    text += "\n" + heredoc.verbatim() + heredoc.name;
  return ast::Onbuild{info_of(statement), parse_trigger(std::move(text), statement)};
}

ast::Instruction parse_line(LogicalLine& line, LineReader& reader) {
  Statement statement = split_statement(line, 0, reader.directives().escape);
  const Rule& rule = rule_of(statement);
  if (rule.traits.heredocs) read_heredocs(statement, line, reader);
  const Flags flags(statement, rule.traits.flags);
  if (rule.parse == nullptr) return parse_onbuild(statement, line, reader);
  return rule.parse(statement, flags, info_of(statement));
}

DockerfileError no_instructions() {
  return {{.line = 1, .last_line = 1, .column = 0, .end_column = 0},
          "file with no instructions: write at least FROM IMAGE"};
}

/// Parses the instructions of a file in order, and continues after ill-formed ones.
class FileParser {
 public:
  FileParser(std::string_view text, Faults& faults) : reader_(text), faults_(faults) {}

  Ast run() {
    ast_.directives = reader_.directives();
    bool empty = true;
    for (; auto line = reader_.next(); empty = false)
      take(*line);
    if (empty) throw no_instructions();
    ast_.warnings = std::move(reader_.warnings());
    return std::move(ast_);
  }

 private:
  void take(LogicalLine& line) {
    const int first_line = line.first_line;
    try {
      ast_.instructions.push_back(parse_line(line, reader_));
    } catch (const UnknownInstruction& error) {
      // Of lines in a row the first is at fault: it lacks something that holds them together.
      if (unknown_until_ + 1 != first_line || error.is_misspelt())
        faults_.add_blocking(with_advice(error, line));
      skip_bodies(line);
      unknown_until_ = line.last_line;
    } catch (const DockerfileError& error) {
      const bool is_from = equals_ignoring_case(line.text.substr(0, 5), "from ");
      is_from ? faults_.add_blocking(error) : faults_.add(error);
    }
    text_before_ = line.text.substr(line.text.size() - std::min<std::size_t>(2, line.text.size()));
  }

  /// The usual cause is a shell command without a continuation character.
  DockerfileError with_advice(const UnknownInstruction& error, const LogicalLine& line) const {
    const auto binds = [](std::string_view text) { return text == "&&" || text == "||"; };
    const bool goes_on = binds(text_before_) || binds(line.text.substr(0, 2)) ||
                         text_before_.ends_with('|') || text_before_.ends_with(';');
    if (!goes_on) return error;
    return {error.range(),
            fmt::format("{}: is {} missing at the end of the line before?",
                        std::string_view(error.what())
                            .substr(0, std::string_view(error.what()).find(" (did you")),
                        reader_.directives().escape)};
  }

  /// An unknown instruction may have heredocs, whose lines are no instructions.
  void skip_bodies(LogicalLine& line) {
    for (ast::Heredoc& heredoc : find_heredocs(line.text)) {
      try {
        reader_.read_body(heredoc, line);
      } catch (const DockerfileError&) {
        return;  // follows from the error that is reported already
      }
    }
  }

  LineReader reader_;
  Faults& faults_;
  Ast ast_;
  int unknown_until_ = -1;   ///< line at which the newest unknown instruction ends
  std::string text_before_;  ///< how the instruction before ends
};

}  // namespace

Ast parse(std::string_view text, Faults& faults) {
  if (const auto frontend = foreign_frontend(text)) {
    throw DockerfileError(
        {.line = 1, .last_line = 1, .column = 0, .end_column = 0},
        fmt::format(
            "this is not a Dockerfile: it asks for the frontend {}, which cbuild does not run",
            printable(*frontend)));
  }
  if (text.empty()) {
    throw DockerfileError({.line = 1, .last_line = 1, .column = 0, .end_column = 0},
                          "the Dockerfile cannot be empty");
  }
  return FileParser(text, faults).run();
}

Ast parse(std::string_view text) {
  Faults faults;
  Ast ast = parse(text, faults);
  faults.throw_if_any();
  return ast;
}

ast::Instruction parse_instruction(std::string_view text) {
  LineReader reader(text);
  auto line = reader.next();
  if (!line) throw no_instructions();
  ast::Instruction instruction = parse_line(*line, reader);
  if (const auto more = reader.next()) {
    throw DockerfileError(more->range(0, more->text.size()), "more than one instruction");
  }
  return instruction;
}

}  // namespace cbuild::frontend
