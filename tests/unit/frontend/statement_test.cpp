// An instruction cut into keyword, flags and arguments.
#include "frontend/dockerfile/statement.h"

#include <doctest/doctest.h>

#include "frontend/dockerfile/traits.h"
#include "tests/support/errors.h"

namespace cbuild::frontend {

namespace {

using Strings = std::vector<std::string>;

LogicalLine line_of(const std::string& text) {
  LogicalLine line;
  line.first_line = line.last_line = 1;
  line.append(text, 1, 1);
  return line;
}

Strings texts(const std::vector<ast::Word>& words) {
  Strings result;
  for (const ast::Word& word : words)
    result.push_back(word.text);
  return result;
}

constexpr FlagRule kRules[] = {{"link", FlagRule::Type::boolean},
                               {"from", FlagRule::Type::text},
                               {"exclude", FlagRule::Type::list}};

/// The error about the flags of `text`, with the part of it that is marked; "" = none.
std::string wrong_flag(const std::string& text, std::span<const FlagRule> rules = kRules) {
  const LogicalLine line = line_of(text);
  try {
    (void)Flags(split_statement(line, 0, '\\'), rules);
    return "";
  } catch (const DockerfileError& error) {
    const SourceRange range = error.range();
    const auto begin = static_cast<std::size_t>(range.column - 1);
    const auto size = static_cast<std::size_t>(range.end_column - range.column);
    return text.substr(begin, size) + ": " + error.what();
  }
}

}  // namespace

TEST_CASE("an instruction is a keyword, flags, and arguments") {
  struct Row {
    std::string text;
    std::string keyword;
    Strings flags;
    std::string args;
  };

  const Row rows[] = {
      {"RUN", "RUN", {}, ""},
      {"RUN x", "RUN", {}, "x"},
      {"  run\t x  y \t", "run", {}, "x  y"},
      {"RUN --a", "RUN", {"--a"}, ""},
      {"RUN --a=1  --b x --c", "RUN", {"--a=1", "--b"}, "x --c"},
      {"RUN -- --a", "RUN", {}, "--a"},
      {"RUN --a -- -- x", "RUN", {"--a"}, "-- x"},
      {"RUN \"--\" x", "RUN", {}, "\"--\" x"},
      {"RUN -a", "RUN", {}, "-a"},
      {"RUN --a=\"b c\" x", "RUN", {"--a=b c"}, "x"},
      {"RUN --a='b \\' x", "RUN", {"--a=b \\"}, "x"},
      {"RUN --a=b\\ c x", "RUN", {"--a=b c"}, "x"},
      {"RUN --a=\"b\\\"c\" x", "RUN", {"--a=b\"c"}, "x"},
      {"RUN --a=b\"c'd\"'e\"f' x", "RUN", {"--a=bc'de\"f"}, "x"},
      {"RUN --a='b x", "RUN", {"--a=b x"}, ""},
      {"RUN --a=b\\", "RUN", {"--a=b"}, ""},
      {"RUN\u00a0x y", "RUN\u00a0x", {}, "y"},
      {"", "", {}, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const LogicalLine line = line_of(row.text);
    const Statement statement = split_statement(line, 0, '\\');
    CHECK(statement.keyword == row.keyword);
    Strings flags;
    for (const UnquotedWord& flag : statement.flags)
      flags.push_back(flag.text);
    CHECK(flags == row.flags);
    CHECK(statement.args() == row.args);
  }
}

TEST_CASE("arguments are cut at blanks, with or without regard to quotes") {
  struct Row {
    std::string args;
    Strings blank_separated;
    Strings quoted;
  };

  const Row rows[] = {
      {"", {}, {}},
      {"a", {"a"}, {"a"}},
      {"a \t\v\f\r b", {"a", "b"}, {"a", "b"}},
      {"\"a b\" c", {"\"a", "b\"", "c"}, {"\"a b\"", "c"}},
      {"'a b' c", {"'a", "b'", "c"}, {"'a b'", "c"}},
      {"a\\ b c", {"a\\", "b", "c"}, {"a\\ b", "c"}},
      {"'a\\' b", {"'a\\'", "b"}, {"'a\\'", "b"}},
      {"\"a\\\" b\" c", {"\"a\\\"", "b\"", "c"}, {"\"a\\\" b\"", "c"}},
      {"a\"b c\"d e", {"a\"b", "c\"d", "e"}, {"a\"b c\"d", "e"}},
      {"\"a b", {"\"a", "b"}, {"\"a b"}},
      {"\"a 'b\" c", {"\"a", "'b\"", "c"}, {"\"a 'b\"", "c"}},
      {"a\\", {"a\\"}, {"a\\"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.args);
    const LogicalLine line = line_of("ENV " + row.args);
    const Statement statement = split_statement(line, 0, '\\');
    CHECK(texts(statement.blank_separated()) == row.blank_separated);
    CHECK(texts(statement.quoted_words()) == row.quoted);
  }
}

TEST_CASE("the escape directive holds for words and flags") {
  const LogicalLine line = line_of("ENV --a=b` c d` e f\\ g");
  const Statement statement = split_statement(line, 0, '`');
  CHECK(statement.flags.at(0).text == "--a=b c");
  CHECK(texts(statement.quoted_words()) == Strings{"d` e", "f\\", "g"});
}

TEST_CASE("a word without its quotes still knows where its bytes were") {
  const std::string text = "RUN --a='b c'\\ \"\"d x";
  const LogicalLine line = line_of(text);
  const UnquotedWord word = split_statement(line, 0, '\\').flags.at(0);
  REQUIRE(word.text == "--a=b c d");
  const auto columns = [&](std::size_t begin, std::size_t end) {
    const SourceRange range = word.slice(line, begin, end).range;
    return std::pair(range.column, range.end_column);
  };
  CHECK(columns(0, 9) == std::pair(5, 19));
  CHECK(columns(4, 5) == std::pair(10, 11));
  CHECK(columns(6, 7) == std::pair(12, 13));
  CHECK(columns(8, 9) == std::pair(18, 19));
  CHECK(columns(9, 9) == std::pair(19, 19));  // behind the last one
  CHECK(columns(4, 4) == std::pair(10, 10));
  CHECK(word.part(4, 7).text == "b c");
  CHECK(word.part(4, 7).slice(line, 0, 1).range.column == 10);
  CHECK(UnquotedWord{}.slice(line, 0, 0).text.empty());
}

TEST_CASE("flags are read by their rules") {
  const auto flags = [](const std::string& text) {
    static std::vector<LogicalLine> lines;
    lines = {line_of(text)};
    return Flags(split_statement(lines[0], 0, '\\'), kRules);
  };
  CHECK_FALSE(flags("COPY a").boolean("link").has_value());
  CHECK(flags("COPY --link a").boolean("link") == true);
  CHECK(flags("COPY --link=TRUE a").boolean("link") == true);
  CHECK(flags("COPY --link=False a").boolean("link") == false);

  CHECK_FALSE(flags("COPY a").text("from"));
  CHECK(flags("COPY --from=x=y a").text("from")->text == "x=y");
  CHECK(flags("COPY --from=x a").text("from")->range.column == 13);
  CHECK_FALSE(flags("COPY --from= a").text("from"));
  CHECK(flags("COPY --from= a").text_or_empty("from")->text.empty());

  CHECK(texts(flags("COPY --exclude=b --link --exclude= --exclude=a a").words("exclude")) ==
        Strings{"b", "", "a"});
  CHECK(flags("COPY --exclude='b c' a").list("exclude").at(0).text == "b c");
  CHECK(flags("COPY a").words("exclude").empty());
}

TEST_CASE("a flag that is wrong is marked, and told with what may be meant") {
  struct Row {
    std::string text;
    std::string error;
  };

  const Row rows[] = {
      {"COPY --form=x a", "--form=x: unknown flag: --form (did you mean from?)"},
      {"COPY --From=x a", "--From=x: unknown flag: --From (did you mean from?)"},
      {"COPY --xyz a", "--xyz: unknown flag: --xyz"},
      {"COPY --=x a", "--=x: unknown flag: --"},
      {"COPY --\x1b a", "--\x1b: unknown flag: --\\x1b"},
      {"COPY --link --from=a --link=false a", "--link=false: duplicate flag specified: --link"},
      {"COPY --from a", "--from: missing a value on flag: --from"},
      {"COPY --exclude a", "--exclude: missing a value on flag: --exclude"},
      {"COPY --link= a", "--link=: missing a value on flag: --link"},
      {"COPY --link=1 a", "--link=1: expecting boolean value for flag --link, not: 1"},
      {"COPY --link=' true' a",
       "--link=' true: expecting boolean value for flag --link, not:  true"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(wrong_flag(row.text) == row.error);
  }
  CHECK(wrong_flag("user --link a", {}) == "--link: unknown flag: --link; USER takes no flags");
}

}  // namespace cbuild::frontend
