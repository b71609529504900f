// Parses the exec form; see json.h.
#include "frontend/dockerfile/json.h"

#include <cstdint>
#include <optional>

namespace cbuild::frontend {

namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

/// Accepts JSON and forgets it, but for strings. Every function returns whether the text went on as
/// it should.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::size_t position() const noexcept { return at_; }

  bool at_end() const noexcept { return at_ == text_.size(); }

  char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }

  void skip_blanks() {
    while (!at_end() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  bool string(std::string& out) {
    if (!take('"')) return false;
    while (!at_end()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool value(int depth) {
    std::string ignored;
    switch (peek()) {
      case '"':
        return string(ignored);
      case '[':
        return depth > 0 && sequence('[', ']', depth);
      case '{':
        return depth > 0 && sequence('{', '}', depth);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

 private:
  bool sequence(char open, char close, int depth) {
    take(open);
    skip_blanks();
    if (take(close)) return true;
    do {
      skip_blanks();
      if (open == '{') {
        std::string key;
        if (!string(key)) return false;
        skip_blanks();
        if (!take(':')) return false;
        skip_blanks();
      }
      if (!value(depth - 1)) return false;
      skip_blanks();
    } while (take(','));
    return take(close);
  }

  bool word(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9')
      ++at_;
    return at_ > begin;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }

  std::optional<std::uint32_t> hex4() {
    std::uint32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = peek();
      std::uint32_t digit = 0;
      if (c >= '0' && c <= '9') {
        digit = static_cast<std::uint32_t>(c - '0');
      } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
      } else {
        return std::nullopt;
      }
      code = code * 16 + digit;
      ++at_;
    }
    return code;
  }

  bool unicode_escape(std::string& out) {
    static constexpr std::uint32_t kReplacement = 0xFFFD;
    const auto code = hex4();
    if (!code) return false;
    if (*code < 0xD800 || *code > 0xDFFF) {
      append_utf8(out, *code);
      return true;
    }
    const std::size_t after_first = at_;
    if (*code < 0xDC00 && take('\\') && take('u')) {
      const auto low = hex4();
      if (!low) return false;
      if (*low >= 0xDC00 && *low <= 0xDFFF) {
        append_utf8(out, 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00));
        return true;
      }
    }
    at_ = after_first;  // half a pair
    append_utf8(out, kReplacement);
    return true;
  }

  bool escape(std::string& out) {
    if (at_end()) return false;
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char c = text_[at_++];
    if (c == 'u') return unicode_escape(out);
    const std::size_t index = kLetters.find(c);
    if (index == kLetters.npos) return false;
    out += kMeanings[index];
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

StringArray parse_string_array(std::string_view text) {
  static constexpr int kDepth = 100;
  Scanner scanner(text);
  StringArray result;
  bool only_strings = true;
  scanner.skip_blanks();
  if (!scanner.take('[')) return {};
  scanner.skip_blanks();
  if (!scanner.take(']')) {
    do {
      scanner.skip_blanks();
      StringArray::Item item{.value = {}, .begin = scanner.position(), .end = 0};
      const bool is_string = scanner.peek() == '"';
      only_strings = only_strings && is_string;
      if (!(is_string ? scanner.string(item.value) : scanner.value(kDepth))) return {};
      item.end = scanner.position();
      result.items.push_back(std::move(item));
      scanner.skip_blanks();
    } while (scanner.take(','));
    if (!scanner.take(']')) return {};
  }
  scanner.skip_blanks();
  if (!scanner.at_end()) return {};
  if (!only_strings) return {.kind = StringArray::Kind::no_strings, .items = {}};
  result.kind = StringArray::Kind::strings;
  return result;
}

}  // namespace cbuild::frontend
