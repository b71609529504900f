// Bytes to logical lines.
#include "frontend/dockerfile/lines.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cbuild/frontend/diagnostic.h"

using namespace cbuild;
using namespace cbuild::frontend;

namespace {

std::vector<LogicalLine> read_all(LineReader& reader) {
  std::vector<LogicalLine> lines;
  while (auto line = reader.next())
    lines.push_back(std::move(*line));
  return lines;
}

}  // namespace

TEST_CASE("logical lines: continuations, comments, blanks, line ends") {
  struct Row {
    std::string text;
    std::vector<std::string> lines;
  };

  const Row rows[] = {
      {"", {}},
      {"\n \n\t\n", {}},
      {"A\nB", {"A", "B"}},
      {"  A b\t\n", {"A b\t"}},
      {"\xEF\xBB\xBF"
       "A\r\nB\r\n",
       {"A", "B"}},
      {"A \\\nb\n", {"A b"}},
      {"A \\  \t\n  b\n", {"A   b"}},
      {"A \\\r\n b\r\n", {"A  b"}},
      {"A \\\n# comment \\\n  # another\nb\nC", {"A b", "C"}},
      {"A \\\n\n\nb\nC", {"A b", "C"}},
      {"A \\\\\nb", {"A \\\\", "b"}},
      {"A \\\\\\\nb", {"A \\\\\\", "b"}},
      {"A \\", {"A "}},
      {"\\\nA", {"A"}},
      {"\\\n\\\n", {}},
      {"A # no comment", {"A # no comment"}},
      {"#escape=`\nA \\\nB `\nc", {"A \\", "B c"}},
      {"# plain\n#escape=`\nA \\\nb", {"A b"}},
      {"#!/usr/bin/env x\nA", {"A"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    LineReader reader(row.text);
    std::vector<std::string> lines;
    for (const LogicalLine& line : read_all(reader))
      lines.push_back(line.text);
    CHECK(lines == row.lines);
  }
}

TEST_CASE("every byte of a logical line knows its place") {
  const std::string text = "FROM a\n  RUN one \\\n# comment\n   two \\\n three\n";
  LineReader reader(text);
  const auto lines = read_all(reader);
  REQUIRE(lines.size() == 2);
  const LogicalLine& run = lines[1];
  CHECK(run.first_line == 2);
  CHECK(run.last_line == 5);

  struct Row {
    std::string word;
    int line, column, end_column;
  };

  const Row rows[] = {{"RUN", 2, 3, 6}, {"one", 2, 7, 10}, {"two", 4, 4, 7}, {"three", 5, 2, 7}};
  for (const Row& row : rows) {
    CAPTURE(row.word);
    const std::size_t at = run.text.find(row.word);
    const SourceRange range = run.range(at, at + row.word.size());
    CHECK(range.line == row.line);
    CHECK(range.last_line == row.line);
    CHECK(range.column == row.column);
    CHECK(range.end_column == row.end_column);
  }
  const SourceRange both = run.range(run.text.find("one"), run.text.find("two") + 3);
  CHECK(both.line == 2);
  CHECK(both.last_line == 4);
}

TEST_CASE("directives: only at the top, any case, blanks, each once") {
  struct Row {
    std::string text;
    std::string syntax, check;
    char escape;
  };

  const Row rows[] = {
      {"# syntax=docker/dockerfile:1\n", "docker/dockerfile:1", "", '\\'},
      {"#SYNTAX = a b \r\n# Escape=`\n", "a b", "", '`'},
      {"# check=skip=all;error=true\n#escape=\\\n", "", "skip=all;error=true", '\\'},
      {"\n# escape=`\n", "", "", '\\'},
      {"FROM x\n# escape=`\n", "", "", '\\'},
      {"# unknown=1\n# escape=`\n", "", "", '\\'},
      {"# escape=\n", "", "", '\\'},
      {"#!/usr/bin/env x\n# syntax=a\n# escape=`\n# check=skip=all\n", "a", "skip=all", '\\'},
      {"\xEF\xBB\xBF# escape=`\n", "", "", '`'},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const ast::Directives directives = LineReader(row.text).directives();
    CHECK((directives.syntax ? directives.syntax->text : "") == row.syntax);
    CHECK((directives.check ? directives.check->text : "") == row.check);
    CHECK(directives.escape == row.escape);
  }
}

TEST_CASE("wrong directives and binary files are refused at their line") {
  struct Row {
    std::string text;
    std::string message;
    int line;
  };

  const Row rows[] = {
      {"# escape=x\n", "invalid escape token 'x' does not match ` or \\", 1},
      {"# escape=`\n# escape=`\n", "only one escape parser directive can be used", 2},
      {"# syntax=a\n# Syntax=a\n", "only one syntax parser directive can be used", 2},
      {std::string("FROM a\nRUN \0", 12),
       "the Dockerfile contains a NUL byte: it is not a text file in UTF-8", 2},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    try {
      LineReader reader(row.text);
      FAIL("accepted");
    } catch (const DockerfileError& error) {
      CHECK(error.what() == row.message);
      CHECK(error.range().line == row.line);
    }
  }
}

TEST_CASE("an empty continuation line is warned of once an instruction") {
  LineReader reader("A \\\n\n\nb\nC \\\n\nd\n");
  read_all(reader);
  REQUIRE(reader.warnings().size() == 2);
  CHECK(reader.warnings()[0].rule == "NoEmptyContinuation");
  CHECK(reader.warnings()[0].range.line == 2);
  CHECK(reader.warnings()[1].range.line == 6);
}

TEST_CASE("comments belong to the instruction right below them") {
  LineReader reader("# far\n\n# check=skip=X\n#  what it is \nA\nB\n");
  const auto lines = read_all(reader);
  REQUIRE(lines.size() == 2);
  REQUIRE(lines[0].comments.size() == 2);
  CHECK(lines[0].comments[0].text == "check=skip=X");
  CHECK(lines[0].comments[1].text == "what it is");
  CHECK(lines[0].comments[1].range.line == 4);
  CHECK(lines[0].comments[1].range.column == 4);
  CHECK(lines[1].comments.empty());
}

TEST_CASE("heredoc bodies keep everything up to their terminator") {
  struct Row {
    std::string body;
    bool strip_tabs;
    std::string content;
    int last_line;
  };

  const Row rows[] = {
      {"a\n# b\\\n\nEOF\nB", false, "a\n# b\\\n\n", 5},
      {"a\r\nEOF\r\n", false, "a\r\n", 3},
      {"EOF", false, "", 2},
      {"EOF \nEOF\n", false, "EOF \n", 3},
      {"\tEOF\nEOF\n", false, "\tEOF\n", 3},
      {"\t\ta\n \tb\n\tEOF\n", true, "a\n \tb\n", 4},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    const std::string text = "RUN <<EOF\n" + row.body;
    LineReader reader(text);
    auto line = reader.next();
    REQUIRE(line);
    ast::Heredoc heredoc;
    heredoc.name = "EOF";
    heredoc.strip_tabs = row.strip_tabs;
    reader.read_body(heredoc, *line);
    CHECK(heredoc.content == row.content);
    CHECK(line->last_line == row.last_line);
    CHECK(heredoc.range.line == 2);
    CHECK(heredoc.range.last_line == row.last_line);
  }
}
