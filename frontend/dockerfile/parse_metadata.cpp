// Parses the instructions that change the config: FROM, ENV, LABEL, ARG, WORKDIR, USER and so on.
#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/messages.h"
#include "frontend/dockerfile/parse_command.h"
#include "frontend/dockerfile/statement.h"

namespace cbuild::frontend {

namespace {

/// All arguments as the one value of an instruction that takes one.
ast::Word exactly_one(const Statement& statement) {
  if (statement.args().empty()) {
    throw statement.error(
        fmt::format("{} requires exactly one argument", to_upper(statement.keyword)));
  }
  return statement.args_word();
}

void require_arguments(const Statement& statement) {
  if (statement.args().empty()) {
    throw statement.error(
        fmt::format("{} requires at least one argument", to_upper(statement.keyword)));
  }
}

/// A part of `word` as a word of its own. Exact as long as the word stands in one line.
ast::Word part(const ast::Word& word, std::size_t begin, std::size_t end) {
  ast::Word result{.text = word.text.substr(begin, end - begin), .range = word.range};
  if (word.range.line == word.range.last_line) {
    result.range.column = word.range.column + static_cast<int>(begin);
    result.range.end_column = word.range.column + static_cast<int>(end);
  }
  return result;
}

DockerfileError blank_name(const Statement& statement, const ast::Word& word) {
  return {word.range, fmt::format("{} names can not be blank", to_upper(statement.keyword))};
}

struct KeyValues {
  std::vector<ast::KeyValue> values;
  bool legacy = false;
};

/// `KEY name=value ...`, or `KEY name value` when the first word holds no '='.
KeyValues key_values(const Statement& statement) {
  require_arguments(statement);
  const std::vector<ast::Word> words = statement.quoted_words();
  KeyValues result;
  result.legacy = words.front().text.find('=') == std::string::npos;
  if (result.legacy) {
    const std::string_view args = statement.args();
    const std::size_t end = args.find_first_of(" \t\v\f\r");
    if (end == args.npos) {
      throw statement.error(fmt::format("{} must have two arguments: write {} {}=VALUE",
                                        to_upper(statement.keyword), to_upper(statement.keyword),
                                        printable(args)));
    }
    const std::size_t value = args.find_first_not_of(" \t\v\f\r", end);
    result.values.push_back(
        {statement.line->word(statement.args_begin, statement.args_begin + end),
         statement.line->word(statement.args_begin + value, statement.args_end)});
    return result;
  }
  for (const ast::Word& word : words) {
    const std::size_t equals = word.text.find('=');
    if (equals == std::string::npos) {
      throw DockerfileError(
          word.range,
          fmt::format("Syntax error - can't find = in {}. Must be of the form: name=value",
                      quoted(word.text)));
    }
    if (equals == 0) throw blank_name(statement, word);
    result.values.push_back({part(word, 0, equals), part(word, equals + 1, word.text.size())});
  }
  return result;
}

/// `^[a-z][a-z0-9_.-]*$`
bool is_stage_name(std::string_view name) {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  return !name.empty() && kLetters.find(name.front()) != kLetters.npos &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == name.npos;
}

}  // namespace

ast::From ast::From::parse(const Statement& statement, const Flags& flags, ast::Info info) {
  const std::vector<ast::Word> words = statement.blank_separated();
  ast::From from;
  from.info = std::move(info);
  from.platform = flags.text("platform");
  const bool named = words.size() == 3 && equals_ignoring_case(words[1].text, "as");
  if (words.size() != 1 && !named) {
    throw statement.error(
        "FROM requires either one or three arguments: write FROM IMAGE or FROM IMAGE AS NAME");
  }
  from.image = words[0];
  if (!named) return from;
  from.as_keyword = words[1].text;
  from.stage_as_written = words[2];
  from.stage = to_lower(words[2].text);
  if (!is_stage_name(from.stage)) {
    throw DockerfileError(words[2].range,
                          fmt::format("invalid name for build stage: {}, name can't start with a "
                                      "number or contain symbols",
                                      quoted(words[2].text)));
  }
  return from;
}

ast::Env ast::Env::parse(const Statement& statement, const Flags& /*flags*/, ast::Info info) {
  KeyValues parsed = key_values(statement);
  return ast::Env{std::move(info), std::move(parsed.values), parsed.legacy};
}

ast::Label ast::Label::parse(const Statement& statement, const Flags& /*flags*/, ast::Info info) {
  KeyValues parsed = key_values(statement);
  return ast::Label{std::move(info), std::move(parsed.values), parsed.legacy};
}

ast::Arg ast::Arg::parse(const Statement& statement, const Flags& /*flags*/, ast::Info info) {
  require_arguments(statement);
  ast::Arg arg{.info = std::move(info), .declarations = {}};
  for (const ast::Word& word : statement.quoted_words()) {
    const std::size_t equals = word.text.find('=');
    if (equals == 0) throw blank_name(statement, word);
    ast::ArgDeclaration declaration{.name = word, .value = std::nullopt};
    if (equals != std::string::npos) {
      declaration.name = part(word, 0, equals);
      declaration.value = part(word, equals + 1, word.text.size());
    }
    arg.declarations.push_back(std::move(declaration));
  }
  return arg;
}

ast::Workdir ast::Workdir::parse(const Statement& statement,
                                 const Flags& /*flags*/,
                                 ast::Info info) {
  return ast::Workdir{std::move(info), exactly_one(statement)};
}

ast::User ast::User::parse(const Statement& statement, const Flags& /*flags*/, ast::Info info) {
  return ast::User{std::move(info), exactly_one(statement)};
}

ast::Stopsignal ast::Stopsignal::parse(const Statement& statement,
                                       const Flags& /*flags*/,
                                       ast::Info info) {
  return ast::Stopsignal{std::move(info), exactly_one(statement)};
}

ast::Maintainer ast::Maintainer::parse(const Statement& statement,
                                       const Flags& /*flags*/,
                                       ast::Info info) {
  return ast::Maintainer{std::move(info), exactly_one(statement).text};
}

ast::Expose ast::Expose::parse(const Statement& statement, const Flags& /*flags*/, ast::Info info) {
  require_arguments(statement);
  return ast::Expose{std::move(info), statement.blank_separated()};
}

ast::Volume ast::Volume::parse(const Statement& statement, const Flags& /*flags*/, ast::Info info) {
  ast::Volume volume{std::move(info), json_or_blank_separated(statement)};
  if (volume.paths.empty()) throw statement.error("VOLUME requires at least one argument");
  for (const ast::Word& path : volume.paths) {
    if (trim(path.text).empty()) {
      throw DockerfileError(path.range, "VOLUME specified can not be an empty string");
    }
  }
  return volume;
}

}  // namespace cbuild::frontend
