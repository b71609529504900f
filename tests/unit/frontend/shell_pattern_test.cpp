// The patterns of ${v#p}, ${v%p} and ${v/p/r}.
#include "frontend/dockerfile/shell_pattern.h"

#include <doctest/doctest.h>

#include <chrono>

namespace cbuild::frontend {

namespace {

using Length = ShellPattern::Length;

ShellPattern pattern(std::string_view text) {
  const auto parsed = ShellPattern::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("a backslash in a pattern stands before what means something") {
  for (const char* good : {"", "a", "\\*", "\\?", "\\}", "\\/", "\\\\", "[a]", "^a$", "(a|b)+"}) {
    CAPTURE(good);
    CHECK(ShellPattern::parse(good));
  }
  for (const char* wrong : {"\\", "a\\", "\\a", "\\[", "\\\\\\", "\\\xc3\xa9", "\\\n", "\\ "}) {
    CAPTURE(wrong);
    CHECK_FALSE(ShellPattern::parse(wrong));
  }
}

TEST_CASE("what a pattern cuts off the front and off the end") {
  struct Row {
    std::string value, pattern;
    std::string shortest_prefix, longest_prefix, shortest_suffix, longest_suffix;
  };

  const Row rows[] = {
      // value, pattern, #, ##, %, %%
      {"abcabc", "", "abcabc", "abcabc", "abcabc", "abcabc"},
      {"abcabc", "*", "abcabc", "", "abcabc", ""},
      {"abcabc", "abc", "abc", "abc", "abc", "abc"},
      {"abcabc", "b", "abcabc", "abcabc", "abcabc", "abcabc"},
      {"abcabc", "*b", "cabc", "c", "abcabc", "abcabc"},
      {"abcabc", "b*", "abcabc", "abcabc", "abca", "a"},
      {"abcabc", "*b*", "cabc", "", "abca", ""},
      {"abcabc", "a*c", "abc", "", "abc", ""},
      {"abcabc", "?", "bcabc", "bcabc", "abcab", "abcab"},
      {"abcabc", "??????", "", "", "", ""},
      {"abcabc", "???????", "abcabc", "abcabc", "abcabc", "abcabc"},
      {"abcabc", "**", "abcabc", "", "abcabc", ""},
      {"", "*", "", "", "", ""},
      {"", "?", "", "", "", ""},
      {"aaa", "a*a", "a", "", "a", ""},
      {"a", "a*a", "a", "a", "a", "a"},  // one 'a' is not both
      // plain where a regular expression is not
      {"a.c", ".", "a.c", "a.c", "a.c", "a.c"},
      {"[x]y", "[x]", "y", "y", "[x]y", "[x]y"},
      {"*?\\", "\\*", "?\\", "?\\", "*?\\", "*?\\"},
      {"*?\\", "\\\\", "*?\\", "*?\\", "*?", "*?"},
      // characters, not bytes; but bytes of what is not UTF-8
      {"\u20acx\u20ac", "?", "x\u20ac", "x\u20ac", "\u20acx", "\u20acx"},
      {"\U0001f600x\U0001f600", "\U0001f600", "x\U0001f600", "x\U0001f600", "\U0001f600x",
       "\U0001f600x"},
      {"\xff\xfe", "?", "\xfe", "\xfe", "\xff", "\xff"},
      {"\xff\xfe", "\xff", "\xfe", "\xfe", "\xff\xfe", "\xff\xfe"},
      {"\xe2\x82", "\xe2", "\x82", "\x82", "\xe2\x82", "\xe2\x82"},
      // wildcards stay in their line
      {"a\nb", "*", "a\nb", "\nb", "a\nb", "a\n"},
      {"a\nb", "a?b", "a\nb", "a\nb", "a\nb", "a\nb"},
      {"a\nb", "a\nb", "", "", "", ""},
      {"a\nb", "*\n*", "b", "", "a", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    CAPTURE(row.pattern);
    const ShellPattern cut = pattern(row.pattern);
    CHECK(cut.without_prefix(row.value, Length::shortest) == row.shortest_prefix);
    CHECK(cut.without_prefix(row.value, Length::longest) == row.longest_prefix);
    CHECK(cut.without_suffix(row.value, Length::shortest) == row.shortest_suffix);
    CHECK(cut.without_suffix(row.value, Length::longest) == row.longest_suffix);
  }
}

TEST_CASE("what a pattern replaces, once and always") {
  struct Row {
    std::string value, pattern, with;
    std::string first, all;
  };

  const Row rows[] = {
      {"abab", "b", "-", "a-ab", "a-a-"},
      {"abab", "x", "-", "abab", "abab"},
      {"abab", "a*", "-", "-", "-"},
      {"abab", "*", "-", "-", "-"},
      {"aaaa", "aa", "b", "baa", "bb"},
      {"abab", "", "-", "-abab", "-a-b-a-b-"},
      {"", "", "-", "-", "-"},
      {"", "*", "-", "-", "-"},
      {"\u20ac\u20ac", "?", "x", "x\u20ac", "xx"},
      {"\u20ac", "", "-", "-\u20ac", "-\u20ac-"},
      {"\xff\xff", "?", "x", "x\xff", "xx"},
      {"a\nb", "?", "x", "x\nb", "x\nx"},
      {"b\nab", "a*b", "x", "b\nx", "b\nx"},
      {"a\nab", "a*b", "x", "a\nx", "a\nx"},
      // the replacement is text for one, and Go's template for all
      {"ab", "?", "$0", "$0b", "ab"},
      {"ab", "?", "<${0}>", "<${0}>b", "<a><b>"},
      {"ab", "?", "$$0", "$$0b", "$0$0"},
      {"ab", "?", "$1x", "$1xb", ""},
      {"ab", "?", "$0x", "$0xb", ""},
      {"ab", "?", "${0}x", "${0}xb", "axbx"},
      {"ab", "?", "${0", "${0b", "${0${0"},
      {"ab", "?", "$", "$b", "$$"},
      {"ab", "?", "$-", "$-b", "$-$-"},
      {"ab", "?", "$\u00e9.", "$\u00e9.b", ".."},
      {"ab", "?", "$0$0", "$0$0b", "aabb"},
      {"ab", "?", "\\", "\\b", "\\\\"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    CAPTURE(row.pattern);
    CAPTURE(row.with);
    CHECK(pattern(row.pattern).replaced_first(row.value, row.with) == row.first);
    CHECK(pattern(row.pattern).replaced_all(row.value, row.with) == row.all);
  }
}

TEST_CASE("bytes that nothing matches stay what they are") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte)
    all += static_cast<char>(byte);
  all += "\u20ac\U0001f600\U0010ffff\xf4\x90\x80\x80\xed\xa0\x80";
  const ShellPattern none = pattern("nowhere");
  CHECK(none.without_prefix(all, Length::longest) == all);
  CHECK(none.replaced_all(all, "x") == all);
  CHECK(pattern("*").without_prefix(all, Length::shortest) == all);
  CHECK(pattern("*").without_suffix(all, Length::shortest) == all);
  CHECK(pattern("a").replaced_all(all, "a") == all);
}

TEST_CASE("stars do not multiply") {
  const std::string value(20'000, 'a');
  std::string stars;
  for (int i = 0; i < 200; ++i)
    stars += "*a";
  const ShellPattern hostile = pattern(stars + "*b");
  const auto begun = std::chrono::steady_clock::now();
  CHECK(hostile.without_prefix(value, Length::longest) == value);
  CHECK(hostile.without_suffix(value, Length::longest) == value);
  CHECK(hostile.replaced_all(value, "x") == value);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
}

}  // namespace cbuild::frontend
