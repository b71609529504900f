// -e, --env-file, --label and --label-file.
#include "src/cli/container_flags/environment_flags.h"

#include "src/cli/container_flags/label_flags.h"
#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

using Values = std::vector<NamedValue>;

std::optional<std::string> lookup(const char* name) {
  if (std::string(name) == "HOME") return "/home/me";
  if (std::string(name) == "EMPTY") return "";
  return std::nullopt;
}

Values file(std::string_view text) {
  return parse_env_file(text, "app.env", lookup);
}

std::string refusal(std::string_view text) {
  return refusal_of([&] { file(text); });
}

TEST_CASE("-e has a value, or takes the caller's") {
  CHECK(parse_env_flag("A=b", lookup) == NamedValue{"A", "b"});
  CHECK(parse_env_flag("A=", lookup) == NamedValue{"A", ""});
  CHECK(parse_env_flag("A=b=c d", lookup) == NamedValue{"A", "b=c d"});
  CHECK(parse_env_flag("HOME", lookup) == NamedValue{"HOME", "/home/me"});
  CHECK(parse_env_flag("EMPTY", lookup) == NamedValue{"EMPTY", ""});
  CHECK_FALSE(parse_env_flag("UNSET", lookup).has_value());
  for (const char* text : {"", "=", "=x"}) {
    CHECK(refusal_of([&] {
            parse_env_flag(text, lookup);
          }).starts_with("-e '" + std::string(text) + "': invalid environment variable: "));
  }
}

TEST_CASE("a file of variables has one a line") {
  struct Row {
    std::string text;
    Values wanted;
  };

  const Row rows[] = {
      {"", {}},
      {"\n\n  \n", {}},
      {"A=1\nB=2", {{"A", "1"}, {"B", "2"}}},
      {"# comment\n  # another\nA=1\n", {{"A", "1"}}},
      {"A=1 # no comment\n", {{"A", "1 # no comment"}}},
      {"A=\"quoted\"\nB='x y'\n", {{"A", "\"quoted\""}, {"B", "'x y'"}}},
      {"A=$HOME\n", {{"A", "$HOME"}}},
      {"  A= 1 \n", {{"A", " 1 "}}},
      {"A=b=c\nB=\n", {{"A", "b=c"}, {"B", ""}}},
      {"HOME\nUNSET\nEMPTY\n", {{"HOME", "/home/me"}, {"EMPTY", ""}}},
      {"A=1\r\nB=2\r\n", {{"A", "1"}, {"B", "2"}}},
      {"\xEF\xBB\xBF# x\nA=\xC3\xA9\n", {{"A", "\xC3\xA9"}}},
      {"A=1\nA=2\n", {{"A", "1"}, {"A", "2"}}},
      {"\tfoo.bar-1=x\n", {{"foo.bar-1", "x"}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(file(row.text) == row.wanted);
  }
}

TEST_CASE("a wrong line is named by its number") {
  CHECK(refusal("A=1\n=x\n") ==
        "invalid env file (app.env): line 2: no variable name on line '=x'");
  CHECK(refusal("A B=1") ==
        "invalid env file (app.env): line 1: variable 'A B' contains whitespaces");
  CHECK(refusal("\n\nA =1") ==
        "invalid env file (app.env): line 3: variable 'A ' contains whitespaces");
  CHECK(refusal("export A=1") ==
        "invalid env file (app.env): line 1: variable 'export A' contains whitespaces");
  CHECK(refusal("A=\xff\n") == "invalid env file (app.env): line 1: invalid utf8 bytes: A=\\xff");
  CHECK(refusal("A=1\n#\xff\n")
            .starts_with("invalid env file (app.env): line 2: invalid utf8 bytes"));
  CHECK(refusal(std::string_view("A=\0", 3))
            .starts_with("invalid env file (app.env): line 1: a NUL byte"));
  CHECK(refusal("A=1\n\xEF\xBB\xBF").starts_with("accepted"));  // a letter like others, later
}

TEST_CASE("a label without a value is empty") {
  CHECK(parse_label_flag("a.b=c=d") == NamedValue{"a.b", "c=d"});
  CHECK(parse_label_flag("a") == NamedValue{"a", ""});
  CHECK(refusal_of([] { parse_label_flag("=x"); }) == "invalid label '=x': empty name");
  CHECK(refusal_of([] { parse_label_flag(""); }) != "accepted");
  CHECK(parse_label_file("# x\na=b\n\nHOME\n", "labels") == Values{{"a", "b"}, {"HOME", ""}});
  CHECK(refusal_of([] {
          parse_label_file("a=b\n=", "labels");
        }).starts_with("invalid label file (labels): line 2: no variable name"));
}

}  // namespace
}  // namespace cbuild::cli
