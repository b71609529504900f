// The rule about invisible characters, which make a line mean something else than it shows.
// Sources: CVE-2021-42574 ("Trojan Source"), RFC 5892 appendix A.1 and A.2 (joiners), UTS #51.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cbuild/util/utf8.h"
#include "frontend/dockerfile/lint/checks.h"
#include "frontend/dockerfile/lint/findings.h"

namespace cbuild::frontend {

namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

struct Span {
  char32_t first, last;
};

template <std::size_t Size>
bool is_in(char32_t c, const std::array<Span, Size>& spans) {
  return std::ranges::any_of(spans, [c](const Span& s) { return c >= s.first && c <= s.last; });
}

/// Scripts whose letters change by their neighbours, so that joiners between them mean something:
/// Arabic and its like, those of India and south-east Asia, Mongolian.
constexpr auto kJoiningScripts = std::to_array<Span>({{0x0600, 0x08FF},
                                                      {0x0900, 0x0DFF},
                                                      {0x0F00, 0x109F},
                                                      {0x1700, 0x18AF},
                                                      {0x1A20, 0x1AAF},
                                                      {0x1B00, 0x1C4F},
                                                      {0x1CD0, 0x1CFF},
                                                      {0xA840, 0xA8FF},
                                                      {0xA980, 0xABFF},
                                                      {0xFB50, 0xFDFF},
                                                      {0xFE70, 0xFEFC},
                                                      {0x10A00, 0x10FFF},
                                                      {0x11000, 0x11FFF},
                                                      {0x1E900, 0x1E95F}});
constexpr auto kRightToLeft = std::to_array<Span>(
    {{0x0590, 0x08FF}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFC}, {0x10800, 0x10FFF}, {0x1E800, 0x1EFFF}});
/// Pictures, arrows and signs that emoji are put together of; skin tones and variation selectors.
constexpr auto kEmoji =
    std::to_array<Span>({{0x2190, 0x2BFF}, {0xFE0E, 0xFE0F}, {0x1F000, 0x1FAFF}});

enum class Kind { direction, mark, joiner, invisible };

struct Invisible {
  char32_t first, last;
  Kind kind;
  std::string_view what;
};

constexpr auto kInvisible = std::to_array<Invisible>({
    {0x00AD, 0x00AD, Kind::invisible, "a soft hyphen"},
    {0x034F, 0x034F, Kind::invisible, "a grapheme joiner"},
    {0x061C, 0x061C, Kind::mark, "a direction mark"},
    {0x115F, 0x1160, Kind::invisible, "a filler"},
    {0x180E, 0x180E, Kind::invisible, "a vowel separator"},
    {0x200B, 0x200B, Kind::invisible, "a zero-width space"},
    {0x200C, 0x200C, Kind::joiner, "a zero-width non-joiner"},
    {0x200D, 0x200D, Kind::joiner, "a zero-width joiner"},
    {0x200E, 0x200F, Kind::mark, "a direction mark"},
    {0x202A, 0x202E, Kind::direction, "it changes the direction of what follows"},
    {0x2060, 0x2064, Kind::invisible, "a zero-width character"},
    {0x2066, 0x2069, Kind::direction, "it changes the direction of what follows"},
    {0x206A, 0x206F, Kind::invisible, "a deprecated control character"},
    {0x3164, 0x3164, Kind::invisible, "a filler"},
    {0xFEFF, 0xFEFF, Kind::invisible, "a byte order mark"},
    {0xFFA0, 0xFFA0, Kind::invisible, "a filler"},
    {0xE0000, 0xE007F, Kind::invisible, "a tag character"},
});

const Invisible* find_invisible(char32_t c) {
  if (c < 0xAD) return nullptr;
  const auto found = std::ranges::find_if(
      kInvisible, [c](const Invisible& one) { return c >= one.first && c <= one.last; });
  return found == kInvisible.end() ? nullptr : &*found;
}

struct Character {
  char32_t value = 0;  // 0 = no character: the end, or a byte that is no UTF-8
  std::size_t size = 1;
};

Character decode(std::string_view text) {
  if (text.empty()) return {0, 0};
  const CodePoint point = next_code_point(text);
  return point.valid ? Character{point.value, point.size} : Character{};
}

bool may_end_word(char32_t c) {
  return c == 0 || c == ' ' || c == '\t' || c == '\r' || c == '"' || c == '\'';
}

/// The character stands where those who write that script or emoji need it.
bool is_legitimate(const Invisible& one, char32_t c, char32_t before, char32_t after) {
  switch (one.kind) {
    case Kind::joiner:
      if (is_in(before, kJoiningScripts))
        return is_in(after, kJoiningScripts) || may_end_word(after);
      return c == 0x200D && is_in(before, kEmoji) && is_in(after, kEmoji);
    case Kind::mark:
      return is_in(before, kRightToLeft) || is_in(after, kRightToLeft);
    case Kind::invisible:
      // Flags such as that of Scotland: a black flag, then tags.
      return c >= 0xE0000 && (before == 0x1F3F4 || (before >= 0xE0020 && before <= 0xE007F));
    case Kind::direction:
      break;
  }
  return false;
}

/// Tells of the first such character of the line.
void check_line(std::string_view line, int number, Findings& findings) {
  char32_t before = 0;
  for (std::size_t at = 0; at < line.size();) {
    const Character c = decode(line.substr(at));
    const Invisible* one = find_invisible(c.value);
    if (one && !is_legitimate(*one, c.value, before, decode(line.substr(at + c.size)).value)) {
      const int column = static_cast<int>(at) + 1;
      findings.add(
          RuleId::invisible_characters,
          {.line = number,
           .last_line = number,
           .column = column,
           .end_column = column + static_cast<int>(c.size)},
          fmt::format("Character U+{:04X} is invisible ({}): write an escape, or remove it",
                      static_cast<std::uint32_t>(c.value), one->what));
      return;
    }
    before = c.value;
    at += c.size;
  }
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

void check_characters(std::string_view text, Findings& findings) {
  if (is_ascii(text)) return;
  int number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    // The mark that may open a file shifts no column: editors do not count it.
    const bool has_mark = ++number == 1 && line.starts_with(kBom);
    if (has_mark) line.remove_prefix(kBom.size());
    check_line(line, number, findings);
  }
}

}  // namespace cbuild::frontend
