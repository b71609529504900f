// Matches shell patterns; see shell_pattern.h.
#include "frontend/dockerfile/shell_pattern.h"

#include <algorithm>

#include "cbuild/util/utf8.h"

namespace cbuild::frontend {

namespace {

constexpr char32_t kAny = 0xFFFFFFFF;      // '?'
constexpr char32_t kRawByte = 0x80000000;  // | the byte: what is not UTF-8

/// One element a character. The exact code does not count: only that equal bytes have equal ones.
std::u32string characters(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    char32_t code = point.valid ? 0 : kRawByte;
    for (const char c : text.substr(0, point.size))
      code = code << 8 | static_cast<unsigned char>(c);
    // Four bytes would collide with the marks above: F0–F4 become 10–14.
    result += point.size == 4 ? (code & 0x1FFFFFFF) : code;
    text.remove_prefix(point.size);
  }
  return result;
}

void append_bytes(std::string& out, std::u32string_view text) {
  for (char32_t code : text) {
    if ((code & kRawByte) != 0) {
      out += static_cast<char>(code & 0xFF);
      continue;
    }
    if (code > 0xFFFFFF) code |= 0xE0000000;
    for (int shift = 24; shift >= 0; shift -= 8) {
      const char32_t byte = code >> shift & 0xFF;
      if (byte != 0 || (shift == 0 && code == 0)) out += static_cast<char>(byte);
    }
  }
}

std::string bytes(std::u32string_view text) {
  std::string out;
  append_bytes(out, text);
  return out;
}

/// @pre at <= text.size()
bool stands_at(std::u32string_view text, std::size_t at, std::u32string_view segment) {
  if (segment.size() > text.size() - at) return false;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const char32_t c = text[at + i];
    if (segment[i] == kAny ? c == U'\n' : segment[i] != c) return false;
  }
  return true;
}

constexpr std::size_t kNowhere = std::u32string_view::npos;

/// The first and the last place for `segment` that a '*' at `from` reaches: it stays in its line.
std::size_t find_first(std::u32string_view text, std::size_t from, std::u32string_view segment) {
  const std::size_t end = std::min(text.find(U'\n', from), text.size());
  for (std::size_t at = from; at <= end; ++at) {
    if (stands_at(text, at, segment)) return at;
  }
  return kNowhere;
}

std::size_t find_last(std::u32string_view text, std::size_t from, std::u32string_view segment) {
  const std::size_t end = std::min(text.find(U'\n', from), text.size());
  for (std::size_t at = end + 1; at > from; --at) {
    if (stands_at(text, at - 1, segment)) return at - 1;
  }
  return kNowhere;
}

/// Reads the name behind a '$': `name` or `{name}`. nullopt when there is none; else `text` goes on
/// behind it.
std::optional<std::string_view> take_group_name(std::string_view& text) {
  const bool braces = text.starts_with('{');
  const std::string_view rest = text.substr(braces ? 1 : 0);
  std::size_t size = 0;
  while (size < rest.size()) {
    const bool digit = rest[size] >= '0' && rest[size] <= '9';
    const std::size_t more = digit || rest[size] == '_' ? 1 : letter_size(rest.substr(size));
    if (more == 0) break;
    size += more;
  }
  if (size == 0 || (braces && rest.substr(size, 1) != "}")) return std::nullopt;
  text = rest.substr(size + (braces ? 1 : 0));
  return rest.substr(0, size);
}

/// `with` cut at what a match replaces in it: the match goes between the pieces.
std::vector<std::string> pieces_of(std::string_view with) {
  std::vector<std::string> pieces(1);
  while (!with.empty()) {
    const std::size_t dollar = std::min(with.find('$'), with.size());
    pieces.back() += with.substr(0, dollar);
    if (dollar == with.size()) break;
    with.remove_prefix(dollar + 1);
    if (with.starts_with('$')) {
      with.remove_prefix(1);
      pieces.back() += '$';
    } else if (const auto name = take_group_name(with)) {
      if (*name == "0") pieces.emplace_back();
    } else {
      pieces.back() += '$';
    }
  }
  return pieces;
}

}  // namespace

std::optional<ShellPattern> ShellPattern::parse(std::string_view text) {
  ShellPattern pattern;
  const Text all = characters(text);
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (all[at] == U'*') {
      pattern.segments_.emplace_back();
    } else if (all[at] == U'?') {
      pattern.segments_.back() += kAny;
    } else if (all[at] == U'\\') {
      if (++at == all.size()) return std::nullopt;
      if (View(U"*?}/\\").find(all[at]) == View::npos) return std::nullopt;
      pattern.segments_.back() += all[at];
    } else {
      pattern.segments_.back() += all[at];
    }
  }
  return pattern;
}

/// The end of the match that begins at `begin`. Taking each middle segment at its first place is
/// right for both lengths: it leaves most room to the rest.
std::optional<std::size_t> ShellPattern::match(View text, std::size_t begin, Length length) const {
  if (!stands_at(text, begin, segments_.front())) return std::nullopt;
  std::size_t at = begin + segments_.front().size();
  for (std::size_t i = 1; i < segments_.size(); ++i) {
    const View segment = segments_[i];
    const bool last = i + 1 == segments_.size();
    const std::size_t found = last && length == Length::longest ? find_last(text, at, segment)
                                                                : find_first(text, at, segment);
    if (found == kNowhere) return std::nullopt;
    at = found + segment.size();
  }
  return at;
}

ShellPattern ShellPattern::reversed() const {
  ShellPattern result = *this;
  std::ranges::reverse(result.segments_);
  for (Text& segment : result.segments_)
    std::ranges::reverse(segment);
  return result;
}

std::string ShellPattern::without_prefix(std::string_view value, Length length) const {
  const Text text = characters(value);
  const auto end = match(text, 0, length);
  return end ? bytes(View(text).substr(*end)) : std::string(value);
}

std::string ShellPattern::without_suffix(std::string_view value, Length length) const {
  Text text = characters(value);
  std::ranges::reverse(text);
  const auto end = reversed().match(text, 0, length);
  if (!end) return std::string(value);
  text.erase(0, *end);
  std::ranges::reverse(text);
  return bytes(text);
}

/// The end of the first match at or behind `begin`, which becomes its begin.
std::optional<std::size_t> ShellPattern::search(View text, std::size_t& begin) const {
  while (begin <= text.size()) {
    if (const auto end = match(text, begin, Length::longest)) return end;
    const bool star_failed = stands_at(text, begin, segments_.front());
    // What follows a '*' is nowhere in the rest of this line, from wherever it is looked for.
    begin = star_failed ? std::min(text.find(U'\n', begin), text.size()) : begin;
    ++begin;
  }
  return std::nullopt;
}

std::string ShellPattern::replaced_first(std::string_view value, std::string_view with) const {
  const Text text = characters(value);
  std::size_t begin = 0;
  const auto end = search(text, begin);
  if (!end) return std::string(value);
  return bytes(View(text).substr(0, begin)).append(with) + bytes(View(text).substr(*end));
}

std::string ShellPattern::replaced_all(std::string_view value, std::string_view with) const {
  const Text text = characters(value);
  const std::vector<std::string> pieces = pieces_of(with);
  std::string out;
  std::size_t done = 0;
  std::size_t begin = 0;
  while (const auto end = search(text, begin)) {
    append_bytes(out, View(text).substr(done, begin - done));
    const bool counts = *end > done || begin == 0;  // not an empty one right behind another
    for (std::size_t i = 0; i < pieces.size() && counts; ++i) {
      if (i > 0) append_bytes(out, View(text).substr(begin, *end - begin));
      out += pieces[i];
    }
    done = *end;
    begin = *end > begin ? *end : *end + 1;
  }
  append_bytes(out, View(text).substr(std::min(done, text.size())));
  return out;
}

}  // namespace cbuild::frontend
