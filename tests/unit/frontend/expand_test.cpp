// Variable expansion.
#include "frontend/dockerfile/expand.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "cbuild/frontend/diagnostic.h"
#include "frontend/dockerfile/ast_parts.h"
#include "frontend/dockerfile/go_text.h"

using namespace cbuild;
using namespace cbuild::frontend;

namespace {

std::optional<std::string> lookup(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> kVariables{
      {"v", "value"},
      {"empty", ""},
      {"other", "two  words"},
      {"path", "/usr/local/lib/a.tar.gz"},
      {"stars", "a*b?c"},
      {"wide", "\u00e4\u20ac\U0001f600z"},
      {"quote", "'\"\\$"},
      {"repeat", "aXbXc"},
      {"slashes", "/tmp/foo.txt"},
      {"lines", "l1\nl2"},
      {"back", "a\\bc"},
      {"\uD55C\uAD6D", "Korea"},
  };
  const auto found = kVariables.find(name);
  if (found == kVariables.end()) return std::nullopt;
  return found->second;
}

ast::Word word(std::string text) {
  return {.text = std::move(text), .range = {3, 3, 5, 9}};
}

}  // namespace

TEST_CASE("expand_word") {
  struct Row {
    std::string word;
    std::string result;
  };

  const Row rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"$v", "value"},
      {"${v}", "value"},
      {"a${v}b$v.c", "avaluebvalue.c"},
      {"$vx", ""},
      {"$", "$"},
      {"a$ b", "a$ b"},
      {"$.", "$."},
      {"$$", ""},
      {"[$1$12$@$*$#$?$-$!$0]", "[]"},
      {"${1}", ""},
      // quotes and escapes
      {"'$v'", "$v"},
      {"\"$v\"", "value"},
      {"\"'$v'\"", "'value'"},
      {"a\"b\"'c'", "abc"},
      {"\\$v", "$v"},
      {"a\\ b", "a b"},
      {"\\\\", "\\"},
      {"\\'", "'"},
      {"x\\", "x"},
      {"\"\\$v \\\" \\\\ \\n\"", "$v \" \\ \\n"},
      {"'a\\b'", "a\\b"},
      {"$quote", "'\"\\$"},
      {"\"\"", ""},
      // defaults
      {"${v:-w}|${v-w}|${empty:-w}|${empty-w}|${no:-w}|${no-w}", "value|value|w||w|w"},
      {"${v:+w}|${v+w}|${empty:+w}|${empty+w}|${no:+w}|${no+w}", "w|w||w||"},
      {"${v:?m}|${v?m}|${empty?m}", "value|value|"},
      {"${no:-${v:-x}}", "value"},
      {"${no:-${no2:-'a b'}}", "a b"},
      {"${no:-\"}\"}", "}"},
      {"${no:-\\}}", "}"},
      {"${no:-$v}", "value"},
      {"${no:-}", ""},
      // prefixes and suffixes
      {"${path#*/}", "usr/local/lib/a.tar.gz"},
      {"${path##*/}", "a.tar.gz"},
      {"${path%.*}", "/usr/local/lib/a.tar"},
      {"${path%%.*}", "/usr/local/lib/a"},
      {"${path#/usr}", "/local/lib/a.tar.gz"},
      {"${path#lib}", "/usr/local/lib/a.tar.gz"},
      {"${path%/*}", "/usr/local/lib"},
      {"${path%%/*}", ""},
      {"${path#?u}", "sr/local/lib/a.tar.gz"},
      {"${stars#a\\*}", "b?c"},
      {"${stars%\\?c}", "a*b"},
      {"${wide#??}", "\U0001f600z"},
      {"${wide%??}", "\u00e4\u20ac"},
      {"${v#}", "value"},
      {"${v##*}", ""},
      {"${no#x}", ""},
      {"${path#$no}", "/usr/local/lib/a.tar.gz"},
      // replacement
      {"${repeat/X/-}", "a-bXc"},
      {"${repeat//X/-}", "a-b-c"},
      {"${repeat//X/}", "abc"},
      {"${repeat/X*/-}", "a-"},
      {"${repeat//?X/-}", "--c"},
      {"${repeat/nothing/-}", "aXbXc"},
      {"${slashes//\\//-}", "-tmp-foo.txt"},
      {"${slashes//\\//\\/}", "\\/tmp\\/foo.txt"},
      {"${wide/?/x}", "x\u20ac\U0001f600z"},
      {"${v/$empty/ww}", "wwvalue"},
      {"${v///}", "value"},
      // all are replaced as Go's regexp does: $0 is the match, other groups are empty
      {"${repeat//?X/<'$0'>}", "<aX><bX>c"},
      {"${repeat//X/\\$0}", "a\\Xb\\Xc"},
      {"${repeat//X/'$$ ${0}-$1 $0b'}", "a$ X- b$ X- c"},
      {"${repeat//X/'${}$'}", "a${}$b${}$c"},
      {"${repeat/X/'$0'}", "a$0bXc"},
      // no wildcard matches a newline
      {"${lines//?/-}", "--\n--"},
      {"${lines//*/-}", "-\n-"},
      {"${lines##*}|${lines%%*}", "\nl2|l1\n"},
      {"${lines//l*1/-}${lines//1*l/-}", "-\nl2l1\nl2"},
      {"${no//a/b}", ""},
      // no name at all
      {"${-}|${+x}|${/a/b}|${-:-x}", "|||x"},
      // names may have any letters
      {"$\uD55C\uAD6D.|${\uD55C\uAD6D}|$v\uD55C|$v\u20ac", "Korea.|Korea||value\u20ac"},
      // a quoted backslash in a pattern is text
      {"${back#\"a\\b\"}|${back#'a\\\\b'}|${back#a\\\\b}", "c|c|c"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.word);
    CHECK(expand_word(word(row.word), lookup) == row.result);
  }
}

TEST_CASE("the escape directive holds in words too") {
  const ExpandOptions options{.escape = '`'};
  CHECK(expand_word(word("c:\\dir\\$v"), lookup, options) == "c:\\dir\\value");
  CHECK(expand_word(word("`$v"), lookup, options) == "$v");
  CHECK(expand_word(word("\"`\"\\\""), lookup, options) == "\"\\");
  // but in a pattern the backslash escapes
  CHECK(expand_word(word("${stars#a\\*}"), lookup, options) == "b?c");
}

TEST_CASE("words that cannot be expanded are refused at their place") {
  struct Row {
    std::string word;
    std::string message;
  };

  const Row rows[] = {
      {"${", "syntax error: missing '}'"},
      {"${v", "syntax error: missing '}'"},
      {"${v:", "syntax error: missing '}'"},
      {"${v:-x", "syntax error: missing '}'"},
      {"${v/a/b", "syntax error: missing '}'"},
      {"${v/a}", "syntax error: missing '/' in ${}"},
      {"${v//ww}", "syntax error: missing '/' in ${}"},
      {"${}", "syntax error: bad substitution"},
      {"${:x}", "syntax error: bad substitution"},
      {"${.}", "unsupported modifier (.) in substitution"},
      {"${=x}", "unsupported modifier (=) in substitution"},
      {"${no#\\x}",
       "invalid pattern (\\x) in substitution: a backslash may stand before * ? } / and itself "
       "only"},
      {"${{v}}", "syntax error: bad substitution"},
      {"${v:x}", "unsupported modifier (:x) in substitution"},
      {"${v=x}", "unsupported modifier (=) in substitution"},
      {"${v:0:3}", "unsupported modifier (:0) in substitution"},
      {"${v:#x}", "unsupported modifier (:#) in substitution"},
      {"${v:%%x}", "unsupported modifier (:%) in substitution"},
      {"'a", "unexpected end of statement while looking for matching single-quote"},
      {"\"a", "unexpected end of statement while looking for matching double-quote"},
      {"${no:?}", "no: is not allowed to be unset"},
      {"${empty:?}", "empty: is not allowed to be empty"},
      {"${no?set $v}", "no: set value"},
      {"${no:?give it}", "no: give it"},
      {"${v#\\x}",
       "invalid pattern (\\x) in substitution: a backslash may stand before * ? } / and itself "
       "only"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.word);
    try {
      expand_word(word(row.word), lookup);
      FAIL("accepted");
    } catch (const DockerfileError& error) {
      CHECK(error.what() == "failed to process " + go_quoted(row.word) + ": " + row.message);
      CHECK(error.range().column == 5);
    }
  }
}

TEST_CASE("expand_words splits at blanks that are neither quoted nor escaped") {
  struct Row {
    std::string word;
    std::vector<std::string> words;
  };

  const Row rows[] = {
      {"", {}},
      {"  ", {}},
      {"a b", {"a", "b"}},
      {"$other", {"two", "words"}},
      {"x$other", {"xtwo", "words"}},
      {"\"$other\"", {"two  words"}},
      {"'a b' c", {"a b", "c"}},
      {"a\\ b c", {"a b", "c"}},
      {"$empty", {}},
      {"a $empty b", {"a", "b"}},
      {"80 ${no:-81 82}", {"80", "81", "82"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.word);
    CHECK(expand_words(word(row.word), lookup) == row.words);
  }
}

TEST_CASE("heredoc bodies: quotes are text, a backslash takes itself away") {
  struct Row {
    std::string content;
    std::string result;
  };

  const Row rows[] = {
      {"a $v\n", "a value\n"},
      {"'$v' \"$v\" it's\n", "'value' \"value\" it's\n"},
      {"\\$v \\\\ \\n \\'\n", "$v \\ n '\n"},
      {"a\\\nb\n", "a\nb\n"},
      {"${no:-'x'}${no:-a\\}b}\n", "'x'a}b\n"},
      {"end\\", "end"},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.content);
    ast::Heredoc heredoc;
    heredoc.content = row.content;
    CHECK(expand_heredoc(heredoc, lookup) == row.result);
    CHECK(expand_heredoc(heredoc, lookup, {.escape = '`'}) == row.result);
    heredoc.expand = false;
    CHECK(expand_heredoc(heredoc, lookup) == row.content);
  }
  ast::Heredoc wrong;
  wrong.name = "EOF";
  wrong.content = "${v";
  CHECK_THROWS_WITH(expand_heredoc(wrong, lookup),
                    "failed to process the heredoc EOF: syntax error: missing '}'");
}

TEST_CASE("variables used without value or default are reported once") {
  std::vector<std::string> unset;
  expand_word(word("$no1 ${no2} $no1 $v ${no3:-x} ${no4+x} $1 ${no5#x} $empty"), lookup,
              {.unset = &unset});
  CHECK(unset == std::vector<std::string>{"no1", "no2", "no5"});
}

TEST_CASE("hostile words neither crash nor hang nor grow without bound") {
  const std::string big(200'000, 'a');
  const auto big_lookup = [&](std::string_view) { return std::optional<std::string>(big); };
  const auto repeated = [](std::string_view part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i)
      text += part;
    return text;
  };
  CHECK_THROWS_AS(expand_word(word(repeated("${a:-", 20'000)), lookup), DockerfileError);
  CHECK_THROWS_AS(expand_word(word(repeated("\"${a-", 20'000)), lookup), DockerfileError);
  CHECK_THROWS_AS(expand_word(word(repeated("$a", 30'000)), big_lookup), DockerfileError);
  CHECK_THROWS_AS(expand_word(word(repeated("${a##*}", 9'000)), big_lookup), DockerfileError);
  CHECK_THROWS_AS(expand_word(word("${a//a/" + big + "}"), big_lookup), DockerfileError);
  CHECK_THROWS_AS(expand_word(word("${a//*" + repeated("a*", 9'000) + "b/}"), big_lookup),
                  DockerfileError);
  CHECK(expand_word(word("${a//*a*a*b/}"), big_lookup) == big);
  std::vector<std::string> unset;
  std::string names;
  for (int i = 0; i < 10'000; ++i)
    names += "$n" + std::to_string(i) + ".";
  expand_word(word(names), lookup, {.unset = &unset});
  CHECK(unset.size() == 10'000);
}
