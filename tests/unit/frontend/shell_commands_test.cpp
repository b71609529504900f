// The simple commands of a RUN, as the rules find them.
#include "frontend/dockerfile/lint/shell_commands.h"

#include <doctest/doctest.h>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/parse.h"

namespace cbuild::frontend {

namespace {

/// "a b|c": commands of words.
std::string text_of(const std::vector<ShellCommand>& commands) {
  std::vector<std::string> texts;
  for (const ShellCommand& command : commands)
    texts.push_back(join(command, " "));
  return join(texts, "|");
}

std::string commands_in(const std::string& run) {
  return text_of(commands_of(std::get<ast::Run>(parse_instruction(run))));
}

}  // namespace

TEST_CASE("a script is cut into commands where a shell cuts it") {
  struct Row {
    std::string script;
    std::string commands;
  };

  const Row rows[] = {
      {"", ""},
      {"a  b\tc", "a b c"},
      {"a && b || c; d | e & f\ng", "a|b|c|d|e|f|g"},
      {"a &&\\\n b", "a|b"},
      {"a \\\n b", "a b"},
      {";;&& ||", ""},
      // quotes and escapes are taken off, and hold a word together
      {"a 'b && c' \"d; e\" f\\;g", "a b && c d; e f;g"},
      {"a \"\\\"b\\\"\" 'c\\'", "a \"b\" c\\"},
      {"a '' \"\"", "a  "},
      {"a 'b", "a b"},
      {"a \"b\\", "a b\\"},
      {"a\\", "a"},
      // comments begin a word
      {"a # b && c\nd", "a|d"},
      {"a#b '#' \\# c", "a#b # # c"},
      // subshells are commands of their own
      {"(a; b) && c", "(|a|b|)|c"},
      {"a $(b c) d", "a $|(|b c|)|d"},
      {"a `b`", "a|b"},
      // what stands in front of a command
      {"if a; then b; else c; fi", "a|b|c|fi"},
      {"while ! a; do b; done", "a|b|done"},
      {"sudo env A=1 nice a -x", "a -x"},
      {"A=1 B='2 3' a", "a"},
      {"{ a; }", "a|}"},
      {"sudo", ""},
      // assignments alone are those of export
      {"A=1", "export A=1"},
      {"A=1 B=2", "export A=1 B=2"},
      {"env A=1", "export A=1"},
      {"a=b=c", "export a=b=c"},
      {"=a", "=a"},
      {"a-b=c", "a-b=c"},
      {"a A=1", "a A=1"},
      // redirections are words
      {"a > b 2>&1", "a > b 2>|1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.script);
    CHECK(text_of(shell_commands(row.script)) == row.commands);
  }
}

TEST_CASE("the commands of RUN are those of its shell, whatever holds the script") {
  struct Row {
    std::string run;
    std::string commands;
  };

  const Row rows[] = {
      {"RUN a && b", "a|b"},
      {"RUN [\"a\", \"b && c\"]", "a b && c"},
      {"RUN [\"sh\", \"-ec\", \"a && b\"]", "sh -ec a && b|a|b"},
      {"RUN bash -e -c 'a; b'", "bash -e -c a; b|a|b"},
      {"RUN /bin/bash -lc 'a' && c", "/bin/bash -lc a|a|c"},
      {"RUN sh script -c 'a'", "sh script -c a"},
      {"RUN sh --norc x", "sh --norc x"},
      {"RUN python -c 'a; b'", "python -c a; b"},
      {"RUN <<E\na\nb\nE", "a|b"},
      {"RUN <<E\n#!/bin/sh\na\nE", "a"},
      {"RUN <<E\n#!/usr/bin/env bash\na\nE", "a"},
      {"RUN <<E\n#!/usr/bin/env python3\na\nE", ""},
      {"RUN bash <<E && c\na\nE", "bash <<E|a|c"},
      {"RUN cat <<E > f\na\nE", "cat <<E > f"},
      {"RUN c && bash <<E\na\nE", "c|bash <<E"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.run);
    CHECK(commands_in(row.run) == row.commands);
  }
}

TEST_CASE("program, verb and words of a command") {
  CHECK(program_of({"/usr/bin/apt-get"}) == "apt-get");
  CHECK(program_of({"a"}) == "a");
  CHECK(program_of({"a/"}) == "");
  CHECK(verb_of({"apt-get", "-y", "--x=1", "install", "a"}) == "install");
  CHECK(verb_of({"apt-get", "-y"}) == "");
  CHECK(verb_of({"a"}) == "");
  CHECK(has_word({"a", "b"}, "a"));
  CHECK_FALSE(has_word({"a", "bc"}, "b"));
}

}  // namespace cbuild::frontend
