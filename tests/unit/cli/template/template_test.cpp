// What templates refuse and in which words, docker's additions, and limits.
#include "src/cli/template.h"

#include <chrono>
#include <random>

#include "cbuild/util/text.h"
#include "tests/unit/cli/refusal.h"
#include "tests/unit/cli/template/go_data.h"

namespace cbuild::cli {
namespace {

std::string render(std::string_view text) {
  return Template::parse(text).render(go_data());
}

/// Without the words that begin every refusal.
std::string refusal(std::string_view text) {
  const std::string message = refusal_of([&] { render(text); });
  const std::string context = "template parsing error: ";
  return message.starts_with(context) ? message.substr(context.size()) : message;
}

std::string hint(std::string_view text) {
  try {
    render(text);
  } catch (const Error& error) {
    return error.hint();
  }
  return "accepted";
}

std::string repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i)
    result += text;
  return result;
}

TEST_CASE("a refusal has the place, the part, the reason in Go's words") {
  struct Row {
    const char* text;
    const char* why;
  };

  const Row rows[] = {
      {"{{.Quux}}", "line 1, column 3: at <.Quux>: can't evaluate field Quux"},
      {"ab\ncd{{.State.Foo}}", "line 2, column 5: at <.State.Foo>: can't evaluate field Foo"},
      {"{{.State.Statu}}",
       "line 1, column 3: at <.State.Statu>: can't evaluate field Statu (did you mean Status?)"},
      {"{{.ID.Foo}}", "line 1, column 3: at <.ID.Foo>: can't evaluate field Foo in type string"},
      {"{{.Nil.Status}}", "line 1, column 3: at <.Nil.Status>: nil pointer evaluating .Status"},
      {"{{len .Count}}", "line 1, column 3: at <len .Count>: error calling len: len of type int"},
      {"{{index .Args 3}}",
       "line 1, column 3: at <index .Args 3>: error calling index: index out of range: 3"},
      {"{{upper}}", "line 1, column 3: at <upper>: wrong number of args for upper: want 1 got 0"},
      {"{{printf}}",
       "line 1, column 3: at <printf>: wrong number of args for printf: want at least 1 got 0"},
      {"{{slice .ID 1 2 3}}",
       "line 1, column 3: at <slice .ID 1 2 3>: wrong number of args for slice: want 3 got 4"},
      {"{{.ID .Name}}", "line 1, column 3: at <.ID>: is not a function, but has arguments"},
      {"{{$x}}", "line 1, column 3: at <$x>: undefined variable \"$x\""},
      {"{{if .Yes}}x", "line 1, column 3: at <if>: {{if}} is not closed"},
      {"{{if .Yes}}x{{else}}y", "line 1, column 15: at <else>: {{else}} is not closed"},
      {"x{{end}}", "line 1, column 4: at <end>: unexpected {{end}}"},
      {"x{{.ID", "line 1, column 2: unclosed action"},
      {"{{\"a}}", "line 1, column 3: unterminated quoted string"},
      {"{{.ID )}}", "line 1, column 7: unexpected \")\" in a pipeline"},
      {"{{(.ID}}", "line 1, column 7: unexpected end of a pipeline"},
      {"{{@}}", "line 1, column 3: unexpected \"@\" in an action"},
      {"{{1x}}", "line 1, column 3: bad number syntax: \"1x\""},
      {"{{'a'}}", "line 1, column 3: at <'>: character constants are not supported"},
      {"{{define \"x\"}}{{end}}", "line 1, column 3: at <define>: {{define}} is not supported"},
      {"{{range .Args}}{{break}}{{end}}",
       "line 1, column 18: at <break>: {{break}} is not supported"},
      {"{{quux .ID}}", "line 1, column 3: at <quux>: function \"quux\" not defined"},
      {"{{uper .ID}}",
       "line 1, column 3: at <uper>: function \"uper\" not defined (did you mean upper?)"},
      {"{{html .ID}}", "line 1, column 3: at <html>: function \"html\" is not supported"},
      {"{{js .ID}}", "line 1, column 3: at <js>: function \"js\" is not supported"},
      {"{{urlquery .ID}}",
       "line 1, column 3: at <urlquery>: function \"urlquery\" is not supported"},
      {"{{call .ID}}", "line 1, column 3: at <call>: function \"call\" is not supported"}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(refusal(row.text) == row.why);
  }
}

TEST_CASE("a refusal says what is known") {
  CHECK(hint("{{.State.Foo}}") == "known fields: Status, ExitCode, Running");
  CHECK(hint("{{foo}}").starts_with("known functions: and, eq, ge, gt, index, join, json, "));
  CHECK(hint("{{break}}") == "known actions: if, else, range, with, end");
  CHECK(hint("{{.ID").find("}}") != std::string::npos);
}

TEST_CASE("no character of a template reaches the terminal unseen") {
  CHECK(refusal("{{.F\xC2\x9Bo}}").find("\xC2\x9B") == std::string::npos);
  CHECK(refusal("{{\x1b}}").find('\x1b') == std::string::npos);
  CHECK(refusal("{{\xff}}").find('\xff') == std::string::npos);
}

TEST_CASE("a record's ID is found where docker's JSON calls it Id") {
  const auto with = [](std::string_view text) {
    return Template::parse(text).render(Value::record({{"Id", "abc"}}));
  };
  CHECK(with("{{.ID}} {{.Id}}") == "abc abc");
  CHECK(refusal_of([&] { with("{{.id}}"); }).find("did you mean Id?") != std::string::npos);
}

TEST_CASE("a lookup takes a name, and is no part of what is printed") {
  const Value row = Value::record({{"ID", "abc"}, {"Label", Value::lookup({{"a.b", "x"}})}});
  const auto with = [&](std::string_view text) { return Template::parse(text).render(row); };
  const auto why = [&](std::string_view text) { return refusal_of([&] { with(text); }); };
  CHECK(with("{{.Label \"a.b\"}}|{{.Label \"nope\"}}|") == "x||");
  CHECK(with("{{$.Label \"a.b\"}}{{\"a.b\" | .Label}}") == "xx");
  CHECK(with("{{if eq (.Label \"a.b\") \"x\"}}yes{{end}}") == "yes");
  CHECK(with("{{.}} {{json .}} {{printf \"%v\" .}}") == "{abc} {\"ID\":\"abc\"} {abc}");
  CHECK(with("{{range $k, $v := .}}{{$k}}{{end}}") == "ID");
  CHECK(why("{{.Label}}").find("wrong number of args: want 1 got 0") != std::string::npos);
  CHECK(why("{{len .Label}}").find("wrong number of args") != std::string::npos);
  CHECK(why("{{.Label 1}}").find("want one text as argument") != std::string::npos);
  CHECK(why("{{.Label \"a\" \"b\"}}").find("want one text as argument") != std::string::npos);
  CHECK(refusal("{{.Labels \"k\"}}").find("is not a function") != std::string::npos);
  CHECK(refusal("{{.State \"Status\"}}").find("is not a function") != std::string::npos);
}

TEST_CASE("a record can be indexed and ranged over, as docker's raw documents") {
  CHECK(render("{{index .State \"Status\"}} {{index .State \"nope\"}}") == "running <no value>");
  CHECK(render("{{range $k, $v := .State}}{{$k}}={{$v}} {{end}}") ==
        "ExitCode=0 Running=true Status=running ");
  CHECK(render("{{len .State}}") == "3");
}

TEST_CASE("a range over a number counts from 0") {
  CHECK(render("{{range 3}}{{.}}{{end}}{{range 0}}x{{else}}none{{end}}") == "012none");
  CHECK(render("{{range $i, $e := 2}}{{$i}}{{$e}} {{end}}") == "00 11 ");
}

TEST_CASE("with has else with, as if has else if") {
  CHECK(render("{{with .Empty}}a{{else with .ID}}{{.}}{{else}}c{{end}}") == "abc");
  CHECK(render("{{with .Empty}}a{{else with .Nil}}b{{else}}c{{end}}") == "c");
}

TEST_CASE("a truncated text ends with a whole character") {
  CHECK(render("{{truncate \"h\u00e9llo\" 2}}|{{truncate \"h\u00e9llo\" 3}}") == "h|h\u00e9");
  CHECK(render("{{truncate \"abc\" 0}}|") == "|");
  CHECK(refusal("{{truncate \"abc\" -1}}").find("a length of -1") != std::string::npos);
}

TEST_CASE("escapes between actions are replaced where a list wants it") {
  const auto list = [](std::string_view text) {
    return Template::parse(text, Template::Escapes::replaced).render(go_data());
  };
  CHECK(list(R"({{.ID}}\t{{.Count}}\n)") == "abc\t3\n");
  CHECK(list(R"({{print "a\tb"}}\\n)") == "a\tb\\\n");
  CHECK(list(R"({{join .Args "\n"}})") == "a\nb\nc");
  CHECK(render(R"({{.ID}}\t)") == R"(abc\t)");
}

TEST_CASE("nesting is bounded") {
  const int most = 100;
  const auto blocks = [](int depth) {
    return repeated("{{if true}}", depth) + "x" + repeated("{{end}}", depth);
  };
  const auto parentheses = [](int depth) {
    return "{{" + repeated("(", depth) + ".ID" + repeated(")", depth) + "}}";
  };
  const auto chain = [](int depth) {
    return "{{if false}}" + repeated("{{else if false}}", depth) + "{{else}}x{{end}}";
  };
  CHECK(render(blocks(most)) == "x");
  CHECK(render(parentheses(most)) == "abc");
  CHECK(render(chain(most - 1)) == "x");
  for (const std::string& text : {blocks(most + 1), parentheses(most + 1), chain(most),
                                  blocks(20'000), parentheses(20'000), chain(20'000)}) {
    CHECK(refusal(text).find("nested more than 100 deep") != std::string::npos);
  }
}

TEST_CASE("work and output are bounded") {
  const std::string rows[] = {
      "{{range 9000000000000000000}}{{end}}",
      "{{range 9000000000000000000}}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{{end}}",
      repeated("{{range $.Args}}", 60) + repeated("{{end}}", 60),
      "{{$x := \"0123456789abcdef\"}}{{range 60}}{{$x = print $x $x}}{{end}}",
      "{{$x := pad \"x\" 0 1000000}}{{print" + repeated(" $x", 900) + "}}",
      "{{$x := pad \"x\" 0 1000000}}{{join (split (pad \"x\" 0 90000) \"\") $x}}",
      "{{$x := pad \"x\" 0 1000000}}{{len (split $x \" \")}}",
      "{{$x := pad \"x\" 0 1000000}}{{len (split $x \"\")}}",
      "{{printf \"" + repeated("%1000000d", 30) + "\"" + repeated(" 1", 30) + "}}",
      "{{printf \"%1000000s\" (split (pad \"x\" 0 90000) \" \")}}",
      "{{pad \"x\" 1000001 0}}",
      "{{pad \"x\" -1 0}}",
      "{{printf \"%1000001d\" 1}}",
      "{{printf \"%.9999999999999999999999f\" 1.5}}",
      "{{printf \"%*d\" 3 4}}"};
  for (const std::string& text : rows) {
    CAPTURE(text.substr(0, 80));
    const std::string why = refusal(text);
    CAPTURE(why);
    CHECK(why.starts_with("line 1, column "));
  }
}

/// Words of templates, of which many fit together.
std::string random_template(std::mt19937& random) {
  static const std::vector<std::string> kWords = {"{{",
                                                  "}}",
                                                  "{{- ",
                                                  " -}}",
                                                  ".",
                                                  ".ID",
                                                  ".State",
                                                  ".Args",
                                                  ".Labels",
                                                  "$",
                                                  "$x",
                                                  ":=",
                                                  "=",
                                                  "|",
                                                  "(",
                                                  ")",
                                                  ",",
                                                  " ",
                                                  "if",
                                                  "else",
                                                  "range",
                                                  "with",
                                                  "end",
                                                  "index",
                                                  "printf",
                                                  "len",
                                                  "join",
                                                  "\"a\"",
                                                  "\"%d%s\"",
                                                  "`b`",
                                                  "1",
                                                  "-2.5",
                                                  "true",
                                                  "nil",
                                                  "/*",
                                                  "*/",
                                                  "\n",
                                                  "slice",
                                                  "split",
                                                  "\\",
                                                  "\"",
                                                  "'",
                                                  "{{end}}",
                                                  "{{else}}",
                                                  "{{if .Yes}}",
                                                  "{{range .Args}}",
                                                  "{{with $x := .State}}",
                                                  "{{$x := 1}}",
                                                  "x",
                                                  "\xff",
                                                  "\xC3"};
  std::uniform_int_distribution<std::size_t> word(0, kWords.size() - 1);
  std::string text;
  for (std::size_t count = random() % 24; count > 0; --count)
    text += kWords[word(random)];
  return text;
}

TEST_CASE("random templates end with a text or a refusal, never otherwise") {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same every time
  const auto start = std::chrono::steady_clock::now();
  int printed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random_template(random);
    CAPTURE(text);
    printed += refusal_of([&] { render(text); }) == "accepted" ? 1 : 0;
  }
  for (int i = 0; i < 20'000; ++i) {
    std::string text = "{{";
    for (std::size_t count = random() % 40; count > 0; --count)
      text += static_cast<char>(random());
    refusal_of([&] { render(text + "}}"); });
  }
  CHECK(printed > 100);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
}

}  // namespace
}  // namespace cbuild::cli
