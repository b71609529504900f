// The patterns of ${v#p}, ${v%p} and ${v/p/r}.
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

bool stands_at(std::u32string_view text, std::size_t at, std::u32string_view segment) {
  if (segment.size() > text.size() - at) return false;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != kAny && segment[i] != text[at + i]) return false;
  }
  return true;
}

constexpr std::size_t kNowhere = std::u32string_view::npos;

std::size_t find_first(std::u32string_view text, std::size_t from, std::u32string_view segment) {
  for (std::size_t at = from; at + segment.size() <= text.size(); ++at) {
    if (stands_at(text, at, segment)) return at;
  }
  return kNowhere;
}

std::size_t find_last(std::u32string_view text, std::size_t from, std::u32string_view segment) {
  if (segment.size() > text.size()) return kNowhere;
  for (std::size_t at = text.size() - segment.size() + 1; at > from; --at) {
    if (stands_at(text, at - 1, segment)) return at - 1;
  }
  return kNowhere;
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

std::string ShellPattern::replaced(std::string_view value, std::string_view with, bool all) const {
  const Text text = characters(value);
  std::string out;
  std::size_t at = 0;
  std::size_t last_end = kNowhere;
  while (at <= text.size()) {
    const auto end = match(text, at, Length::longest);
    if (end && !(*end == at && at == last_end)) {
      out += with;
      last_end = *end;
      if (!all) {
        append_bytes(out, View(text).substr(*end));
        return out;
      }
    } else if (!end && stands_at(text, at, segments_.front())) {
      break;  // what follows a '*' is nowhere behind here: nor is it behind any later place
    }
    const std::size_t next = end ? *end : at;
    if (next == at && at < text.size()) append_bytes(out, View(text).substr(at, 1));
    at = next == at ? at + 1 : next;
  }
  if (at < text.size()) append_bytes(out, View(text).substr(at));
  return out;
}

}  // namespace cbuild::frontend
