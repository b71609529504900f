// Wildcards and ignore files.
#include "cbuild/util/pattern.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "cbuild/util/error.h"

using namespace cbuild;

TEST_CASE("match_path follows filepath.Match") {
  struct Row {
    std::string pattern;
    std::string name;
    bool matches;
  };

  const Row rows[] = {
      {"abc", "abc", true},
      {"*", "abc", true},
      {"*c", "abc", true},
      {"a*", "a", true},
      {"a*", "ab/c", false},
      {"a*/b", "abc/b", true},
      {"a*/b", "a/c/b", false},
      {"a*b*c*d*e*/f", "axbxcxdxe/f", true},
      {"a*b*c*d*e*/f", "axbxcxdxexxx/f", true},
      {"a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false},
      {"a*b?c*x", "abxbbxdbxebxczzx", true},
      {"a*b?c*x", "abxbbxdbxebxczzy", false},
      {"ab[c]", "abc", true},
      {"ab[b-d]", "abc", true},
      {"ab[e-g]", "abc", false},
      {"ab[^c]", "abc", false},
      {"ab[^e-g]", "abc", true},
      {"a[^a]b", "a\u263ab", true},
      {"a?b", "a\u263ab", true},
      {"a???b", "a\u263ab", false},
      {"[a-\u03b6]*", "\u03b1", true},
      {"*[a-\u03b6]", "A", false},
      {"a?b", "a/b", false},
      {"a*b", "a/b", false},
      {"a[^b]b", "a/b", false},
      {"[\\]a]", "]", true},
      {"[\\-]", "-", true},
      {"[x\\-]", "z", false},
      {"a\\*b", "a*b", true},
      {"a\\*b", "axb", false},
      {"*.go", ".go", true},
      {"", "", true},
      {"", "a", false},
      {"*x", "xxx", true},
      {"[[]x]", "[x]", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.name);
    CHECK(match_path(row.pattern, row.name) == row.matches);
  }
}

TEST_CASE("match_path refuses malformed patterns, whatever the name") {
  for (const char* pattern :
       {"[]a]", "[-]", "[x-]", "[-x]", "a[", "[", "[^", "[^bc", "\\", "a\\", "x[a-b-c]"}) {
    CAPTURE(pattern);
    CHECK_THROWS_AS(match_path(pattern, "zzz"), Error);
  }
}

TEST_CASE("has_wildcard sees what is not escaped") {
  CHECK(has_wildcard("a*"));
  CHECK(has_wildcard("a?"));
  CHECK(has_wildcard("[a]"));
  CHECK_FALSE(has_wildcard("a\\*b"));
  CHECK_FALSE(has_wildcard("plain"));
  CHECK_FALSE(has_wildcard("end\\"));
}

TEST_CASE("one ignore pattern") {
  struct Row {
    std::string pattern;
    std::string path;
    bool excluded;
  };

  const Row rows[] = {
      {"file", "file", true},
      {"file", "dir/file", false},
      {"dir", "dir/a/b", true},
      {"dir/", "dir/a", true},
      {"/dir", "dir", true},
      {"./dir//x/../a", "dir/a", true},
      {"../file", "file", false},
      {"*.log", "a.log", true},
      {"*.log", "d/a.log", false},
      {"**/*.log", "a.log", true},
      {"**/*.log", "d/e/a.log", true},
      {"**.log", "d/e/a.log", true},
      {"**", "anything/at/all", true},
      {"*", "anything/at/all", true},
      {".", "anything", false},  // docker ignores it, for historical reasons
      {"a/**", "a/b", true},
      {"a/**", "a/b/c", true},
      {"a/**", "a", false},
      {"a/**/b", "a/b", true},
      {"a/**/b", "a/x/y/b", true},
      {"a/**/b", "a/x/y/c", false},
      {"a**b", "ab", true},
      {"a**b", "ax/b", true},
      {"a**b", "axb", false},
      {"**/a**b", "x/ac/ab", true},
      {"a*c**b", "acc/b", true},
      {"a**", "abc/d", true},
      {"**/**/x", "x", true},
      {"**/x/*/z", "x/y/x/w/z", true},
      {"?", "a", true},
      {"?", "ab", false},
      {"[a-c]*", "bob", true},
      {"a\\*", "a*", true},
      {"a\\*", "ab", false},
      {"a.b", "axb", false},
      {"a+(b)", "a+(b)", true},
      {"**/node_modules", "p/q/node_modules/r", true},
      {"dir/*", "dir/x/y", true},
      {"# no comment here", "x", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.path);
    CHECK(IgnorePatterns::of({row.pattern}).excludes(row.path) == row.excluded);
  }
}

TEST_CASE("an ignore file: comments, BOM, CR, exceptions; the last match wins") {
  const auto patterns = IgnorePatterns::parse_file(
      "\xEF\xBB\xBF# comment\r\n"
      "\r\n"
      "  *.md  \r\n"
      "! README.md\n"
      "docs\n"
      "!docs/keep/**\n"
      "docs/keep/secret\n"
      " #literal\n");

  struct Row {
    std::string path;
    std::optional<int> line;
  };

  const Row rows[] = {
      {"a.md", 3},
      {"README.md", std::nullopt},
      {"docs", 5},
      {"docs/a", 5},
      {"docs/keep", 5},
      {"docs/keep/a", std::nullopt},
      {"docs/keep/secret", 7},
      {"docs/keep/secret/x", 7},
      {"#literal", 8},
      {"src/a.md", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    const auto rule = patterns.excluding_rule(row.path);
    CHECK((rule ? std::optional(rule->line) : std::nullopt) == row.line);
    CHECK(patterns.excludes(row.path) == row.line.has_value());
  }
  CHECK(patterns.canonical() ==
        "*.md\n!README.md\ndocs\n!docs/keep/**\ndocs/keep/secret\n#literal\n");
}

TEST_CASE("ignore files that are refused name the line") {
  for (const char* content : {"a\n!\n", "a\n[\n", "a\n! \n"}) {
    CAPTURE(content);
    try {
      IgnorePatterns::parse_file(content);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(std::string(error.what()).starts_with("line 2: "));
      CHECK(error.kind() == ErrorKind::usage);
    }
  }
}

TEST_CASE("all lines of an ignore file that are refused are told") {
  try {
    IgnorePatterns::parse_file("a\n  [b  \n*.md\n!\n");
    FAIL("accepted");
  } catch (const IgnoreFileError& error) {
    REQUIRE(error.faults().size() == 2);
    CHECK(error.faults()[0].line == 2);
    CHECK(error.faults()[0].column == 3);
    CHECK(error.faults()[0].end_column == 5);
    CHECK(error.faults()[0].message == "syntax error in pattern '[b'");
    CHECK(error.faults()[1].line == 4);
  }
}

TEST_CASE("a walk enters an excluded directory only for what may come back") {
  struct Row {
    std::vector<std::string> patterns;
    std::string directory;
    bool enters;
  };

  const Row rows[] = {
      {{"a"}, "a", false},
      {{"a", "!a/b"}, "a", true},
      {{"a", "!a/b"}, "a/c", false},
      {{"a", "!b/c"}, "a", false},
      {{"a", "!*/c"}, "a", true},
      {{"a", "!**/c"}, "a/x/y", true},
      {{"!a/b", "a"}, "a", false},
      {{"*", "!src"}, "lib", false},
      {{"*", "!src/*.c"}, "src", true},
      {{"a", "!a/b/c"}, "a/b", true},
      {{"*", "!a"}, "", true},
      {{"*"}, "", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.patterns.back());
    CAPTURE(row.directory);
    CHECK(IgnorePatterns::of(row.patterns).may_reinclude_below(row.directory) == row.enters);
  }
}

TEST_CASE("hostile patterns cost no more than pattern times name") {
  const auto start = std::chrono::steady_clock::now();
  std::string stars;
  std::string double_stars;
  for (int i = 0; i < 200; ++i) {
    stars += "*a";
    double_stars += "a**";
  }
  const std::string name(4000, 'a');
  std::string path;
  for (int i = 0; i < 1000; ++i)
    path += "a/a";
  CHECK_FALSE(match_path(stars + "b", name));
  CHECK_FALSE(IgnorePatterns::of({double_stars + "b"}).excludes(name));
  CHECK_FALSE(IgnorePatterns::of({"**/" + stars + "/**/" + stars + "b"}).excludes(path));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}
