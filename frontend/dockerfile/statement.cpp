// Splits an instruction into keyword, flags and arguments; see statement.h.
#include "frontend/dockerfile/statement.h"

#include <algorithm>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/messages.h"
#include "frontend/dockerfile/traits.h"

namespace cbuild::frontend {

namespace {

constexpr std::string_view kBlanks = " \t\v\f\r";

bool is_blank(char c) {
  return kBlanks.find(c) != kBlanks.npos;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kBlanks, at), text.size());
}

/// The end of the word that begins at `at`; quotes and escapes hold blanks together.
std::size_t end_of_quoted_word(std::string_view text,
                               std::size_t at,
                               std::size_t end,
                               char escape) {
  char quote = '\0';
  for (; at < end; ++at) {
    const char c = text[at];
    if (c == escape && quote != '\'') {
      ++at;
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (is_blank(c)) {
      return at;
    }
  }
  return end;
}

/// Takes quotes and escapes out of text[begin, end).
UnquotedWord unquote(std::string_view text, std::size_t begin, std::size_t end, char escape) {
  UnquotedWord word;
  char quote = '\0';
  for (std::size_t at = begin; at < end; ++at) {
    const char c = text[at];
    if (c == escape && quote != '\'') {
      if (++at < end) word.append(text[at], at);
    } else if (quote != '\0' && c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else {
      word.append(c, at);
    }
  }
  return word;
}

}  // namespace

ast::Word UnquotedWord::slice(const LogicalLine& line, std::size_t begin, std::size_t end) const {
  if (begin < end) {
    return {.text = text.substr(begin, end - begin),
            .range = line.range(offsets[begin], offsets[end - 1] + 1)};
  }
  if (offsets.empty()) return {.text = {}, .range = line.range(0, 0)};
  const std::size_t place = begin < offsets.size() ? offsets[begin] : offsets.back() + 1;
  return {.text = {}, .range = line.range(place, place)};
}

UnquotedWord UnquotedWord::part(std::size_t begin, std::size_t end) const {
  const auto at = [&](std::size_t index) {
    return offsets.begin() + static_cast<std::ptrdiff_t>(index);
  };
  return {.text = text.substr(begin, end - begin), .offsets = {at(begin), at(end)}};
}

std::vector<ast::Word> Statement::blank_separated() const {
  std::vector<ast::Word> words;
  const std::string_view text = std::string_view(line->text).substr(0, args_end);
  std::size_t at = skip_blanks(text, args_begin);
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    words.push_back(line->word(at, end));
    at = skip_blanks(text, end);
  }
  return words;
}

std::vector<ast::Word> Statement::quoted_words() const {
  std::vector<ast::Word> words;
  const std::string_view text = std::string_view(line->text).substr(0, args_end);
  std::size_t at = skip_blanks(text, args_begin);
  while (at < text.size()) {
    const std::size_t end = end_of_quoted_word(text, at, text.size(), escape);
    words.push_back(line->word(at, end));
    at = skip_blanks(text, end);
  }
  return words;
}

Statement split_statement(const LogicalLine& line, std::size_t begin, char escape) {
  const std::string_view text = line.text;
  Statement statement{.line = &line,
                      .escape = escape,
                      .begin = skip_blanks(text, begin),
                      .keyword = {},
                      .flags = {},
                      .args_begin = 0,
                      .args_end = 0,
                      .heredocs = {}};
  const std::size_t keyword_end =
      std::min(text.find_first_of(kBlanks, statement.begin), text.size());
  statement.keyword = text.substr(statement.begin, keyword_end - statement.begin);
  std::size_t at = skip_blanks(text, keyword_end);
  while (text.substr(at).starts_with("--")) {
    const std::size_t end = end_of_quoted_word(text, at, text.size(), escape);
    UnquotedWord flag = unquote(text, at, end, escape);
    at = skip_blanks(text, end);
    if (flag.text == "--") break;
    statement.flags.push_back(std::move(flag));
  }
  statement.args_begin = at;
  const std::size_t last = text.find_last_not_of(kBlanks);
  statement.args_end = last == text.npos ? at : std::max(last + 1, at);
  return statement;
}

Flags::Flags(const Statement& statement, std::span<const FlagRule> rules) : line_(statement.line) {
  for (const UnquotedWord& flag : statement.flags)
    add(statement, rules, flag);
}

void Flags::add(const Statement& statement,
                std::span<const FlagRule> rules,
                const UnquotedWord& flag) {
  const std::size_t equals = std::min(flag.text.find('='), flag.text.size());
  const std::string name = flag.text.substr(2, equals - 2);
  const auto fail = [&](const std::string& message) {
    return DockerfileError(flag.slice(*line_, 0, flag.text.size()).range, message);
  };

  const auto rule = std::ranges::find(rules, std::string_view(name), &FlagRule::name);
  if (rule == rules.end()) {
    std::vector<std::string_view> names(rules.size());
    std::ranges::transform(rules, names.begin(), &FlagRule::name);
    const std::string none = rules.empty()
                                 ? fmt::format("; {} takes no flags", to_upper(statement.keyword))
                                 : std::string();
    throw fail(
        fmt::format("unknown flag: --{}{}{}", printable(name), suggestion(name, names), none));
  }
  const auto same = [&](const Flag& one) { return one.rule == &*rule; };
  if (rule->type != FlagRule::Type::list && std::ranges::any_of(flags_, same)) {
    throw fail(fmt::format("duplicate flag specified: --{}", name));
  }
  const bool has_value = equals < flag.text.size();
  const std::size_t value_begin = has_value ? equals + 1 : equals;
  const ast::Word value = flag.slice(*line_, value_begin, flag.text.size());
  if (rule->type == FlagRule::Type::boolean) {
    const std::string lower = to_lower(value.text);
    if (has_value && lower.empty()) throw fail(fmt::format("missing a value on flag: --{}", name));
    if (has_value && lower != "true" && lower != "false") {
      throw fail(fmt::format("expecting boolean value for flag --{}, not: {}", name,
                             printable(value.text)));
    }
  } else if (!has_value) {
    throw fail(fmt::format("missing a value on flag: --{}", name));
  }
  flags_.push_back({&*rule, flag.part(value_begin, flag.text.size()), value});
}

std::optional<bool> Flags::boolean(std::string_view name) const {
  for (const Flag& flag : flags_) {
    if (flag.rule->name == name) return to_lower(flag.word.text) != "false";
  }
  return std::nullopt;
}

std::optional<ast::Word> Flags::text(std::string_view name) const {
  auto word = text_or_empty(name);
  if (word && word->text.empty()) return std::nullopt;
  return word;
}

std::optional<ast::Word> Flags::text_or_empty(std::string_view name) const {
  for (const Flag& flag : flags_) {
    if (flag.rule->name == name) return flag.word;
  }
  return std::nullopt;
}

std::vector<UnquotedWord> Flags::list(std::string_view name) const {
  std::vector<UnquotedWord> values;
  for (const Flag& flag : flags_) {
    if (flag.rule->name == name) values.push_back(flag.value);
  }
  return values;
}

std::vector<ast::Word> Flags::words(std::string_view name) const {
  std::vector<ast::Word> values;
  for (const Flag& flag : flags_) {
    if (flag.rule->name == name) values.push_back(flag.word);
  }
  return values;
}

}  // namespace cbuild::frontend
