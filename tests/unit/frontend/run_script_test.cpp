// The commands of a RUN after variables, braces and cd.
#include "frontend/dockerfile/lint/run_script.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "cbuild/frontend/options.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/lint/check_options.h"
#include "frontend/dockerfile/lint/lint_input.h"
#include "frontend/dockerfile/lint/stage_view.h"
#include "frontend/dockerfile/parse.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

namespace {

/// "DIRECTORY: words" of each command of the last RUN, which follows `lines`.
std::string commands_in(const std::string& lines, const std::string& working_dir = "") {
  const Ast ast = parse("FROM a\n" + lines);
  Options options;
  options.build_args = {{"GIVEN", "given"}, {"SPACED", "1  2"}};
  const Stages stages = split_stages(ast, options);
  const Observations seen;
  const CheckOptions check;
  const LintInput input{"", ast, &stages, {0}, seen, options, check};
  StageView view{.input = input, .stage = stages.all[0], .start = {}};
  view.start.working_dir = working_dir;
  StepStart start(view);
  std::vector<std::string> texts;
  for (const ast::Instruction* instruction : view.stage.instructions) {
    if (const auto* run = std::get_if<ast::Run>(instruction)) {
      texts.clear();
      for (const ScriptCommand& command : start.commands_of(*run))
        texts.push_back(command.directory + ": " + join(command.words, " "));
    }
    start.visit(*instruction);
  }
  return join(texts, "|");
}

}  // namespace

TEST_CASE("a command runs where WORKDIR and cd lead") {
  struct Row {
    std::string lines;
    std::string commands;
  };

  const Row rows[] = {
      {"RUN a", "/: a"},
      {"WORKDIR /w\nWORKDIR x\nRUN a", "/w/x: a"},
      {"WORKDIR /w\nRUN cd x && a", "/w/x: cd x|/w/x: a"},
      {"RUN cd /x/../y && a && cd .. && b", "/y: cd /x/../y|/y: a|/: cd ..|/: b"},
      {"RUN (cd /x && a) && b", "/: (|/x: cd /x|/x: a|/: )|/: b"},
      // where it leads is not known
      {"RUN cd && a", ": cd|: a"},
      {"RUN cd - && a", ": cd -|: a"},
      {"RUN cd $X && a && cd /y && b", ": cd $X|: a|/y: cd /y|/y: b"},
      {"RUN cd $X && cd y && a", ": cd $X|: cd y|: a"},
      {"RUN pushd /x && popd && a", "/x: pushd /x|: popd|: a"},
      {"RUN a) && b", "/: a|/: )|/: b"},
      // cd is of its own step
      {"RUN cd /x\nRUN a", "/: a"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.lines);
    CHECK(commands_in(row.lines) == row.commands);
  }
  CHECK(commands_in("RUN a", "/of/base") == "/of/base: a");
}

TEST_CASE("variables that are known are expanded, others stay what they are") {
  struct Row {
    std::string lines;
    std::string words;
  };

  const Row rows[] = {
      {"ENV A=1\nRUN x $A ${A} $AB ${A}B", "x 1 1 $AB 1B"},
      {"ARG A=1\nRUN x $A", "x 1"},
      {"ARG A\nRUN x $A", "x $A"},
      {"ARG GIVEN=default\nRUN x $GIVEN", "x given"},
      {"ARG SPACED\nRUN x $SPACED", "x 1 2"},
      {"ENV A=\nRUN x $A y", "x y"},
      {"RUN x ${A:-1} ${A $ $$ \\$", "x ${A:-1} ${A $ $$ $"},
      {"ENV A=1 B=2\nRUN x $A$B/$C", "x 12/$C"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.lines);
    CHECK(commands_in(row.lines) == "/: " + row.words);
  }
  CHECK(commands_in("RUN A=1 && x $A") == "/: export A=1|/: x 1");
  CHECK(commands_in("RUN export A=1 B=$A && x $A $B") == "/: export A=1 B=$A|/: x 1 $B");
  CHECK(commands_in("ENV A=1\nRUN A=$(y) && x $A") == "/: export A=$|/: (|/: y|/: )|/: x $A");
  CHECK(commands_in("ENV A=1\nRUN for A in b c; do x $A; done") ==
        "/: for A in b c|/: x $A|/: done");
  CHECK(commands_in("RUN A=1 x $A") == "/: x $A");  // set for the command, not for its words
}

TEST_CASE("braces stand for several words") {
  struct Row {
    std::string word;
    std::string words;
  };

  const Row rows[] = {
      {"a{b,c}d", "abd acd"},
      {"{a,b}{c,d}", "ac ad bc bd"},
      {"a{b,c{d,e}}", "ab acd ace"},
      {"{a,}", "a"},
      {"{a}", "{a}"},
      {"{a,b", "{a,b"},
      {"a,b}", "a,b}"},
      {"${a,b}", "${a,b}"},
      {"{}", "{}"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.word);
    std::string words = commands_in("RUN x " + row.word);
    while (words.ends_with(' '))  // an empty alternative
      words.pop_back();
    CHECK(words == "/: x " + row.words);
  }
}

TEST_CASE("what trap has for the end comes last") {
  CHECK(commands_in("RUN trap 'rm a; b' EXIT && c") == "/: trap rm a; b EXIT|/: c|/: rm a|/: b");
}

TEST_CASE("hostile words do not multiply") {
  std::string braces;
  for (int i = 0; i < 40; ++i)
    braces += "{a,b,c}";
  CHECK(commands_in("RUN x " + braces).size() < 100'000);
  std::string doubled = "ENV A0=xxxxxxxxxxxxxxxx\n";
  for (int i = 1; i < 40; ++i)
    doubled += fmt::format("ENV A{}=$A{}$A{}\n", i, i - 1, i - 1);
  CHECK(commands_in(doubled + "RUN x $A39$A39$A39").size() < 100'000);
}

TEST_CASE("the paths among the words of a command") {
  const ScriptCommand command{{"rm", "-r", "a", "--", "b"}, "/w"};
  CHECK(operands_of(command) == std::vector<std::string>{"a", "b"});
  CHECK(path_of(command, "a/./b/../c/") == "/w/a/c");
  CHECK(path_of(command, "/a//*.c") == "/a/*.c");
  CHECK(path_of(command, "../../..") == "/");
  for (const char* unknown : {"", "$a", "a`b`", ">f", "2>&1", "<in"}) {
    CAPTURE(unknown);
    CHECK_FALSE(path_of(command, unknown));
  }
  CHECK_FALSE(path_of({{"rm"}, ""}, "a"));
  CHECK(path_of({{"rm"}, ""}, "/a") == "/a");
}

}  // namespace cbuild::frontend
