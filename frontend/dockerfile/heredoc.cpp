// Finds here-documents; see heredoc.h.
#include "frontend/dockerfile/heredoc.h"

#include <algorithm>
#include <string>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast_parts.h"

namespace cbuild::frontend {

namespace {

constexpr std::string_view kBlanks = " \t\v\f\r\n";

struct Name {
  std::string text;     ///< without quotes and escapes
  bool quoted = false;  ///< a part of it is; an escape is no quote, as BuildKit has it
};

/// Reads the name of a heredoc; nullopt when it is not exactly one word.
std::optional<Name> parse_name(std::string_view word) {
  static constexpr std::string_view kEscapedInQuotes = "\"$\\";
  Name name;
  char quote = '\0';
  for (std::size_t at = 0; at < word.size(); ++at) {
    const char c = word[at];
    const bool escapes = c == '\\' && quote != '\'' && at + 1 < word.size();
    if (quote != '\0' && c == quote) {
      quote = '\0';
    } else if (escapes && (quote == '\0' || kEscapedInQuotes.find(word[at + 1]) != word.npos)) {
      name.text += word[++at];
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
      name.quoted = true;
    } else if (quote == '\0' && kBlanks.find(c) != kBlanks.npos) {
      return std::nullopt;
    } else {
      name.text += c;
    }
  }
  if (quote != '\0' || name.text.empty()) return std::nullopt;
  return name;
}

/// Follows the quotes and escapes of a shell through a text.
class Quotes {
 public:
  /// Takes the character at `at`, and moves `at` to the character that it escapes, if any.
  /// @return whether it is neither quoted nor escaped, nor a quote or an escape itself
  bool is_plain(std::string_view text, std::size_t& at) {
    const char c = text[at];
    if (c == '\\' && quote_ != '\'') {
      ++at;
      return false;
    }
    if (quote_ != '\0') {
      if (c == quote_) quote_ = '\0';
      return false;
    }
    if (c == '\'' || c == '"') quote_ = c;
    return quote_ == '\0';
  }

  bool is_open() const noexcept { return quote_ != '\0'; }

 private:
  char quote_ = '\0';
};

/// Cuts at blanks as a shell does, quotes and escapes kept. nullopt when a quote is not closed.
std::optional<std::vector<std::string_view>> shell_words(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = text.npos;  // of the current word
  Quotes quotes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t start = at;
    if (quotes.is_plain(text, at) && kBlanks.find(text[at]) != kBlanks.npos) {
      if (begin != text.npos) words.push_back(text.substr(begin, at - begin));
      begin = text.npos;
    } else if (begin == text.npos) {
      begin = start;
    }
  }
  if (quotes.is_open()) return std::nullopt;
  if (begin != text.npos) words.push_back(text.substr(begin));
  return words;
}

/// How many more "((" than "))" there are outside of quotes: between them `<<` shifts a number.
int opened_arithmetic(std::string_view word) {
  int opened = 0;
  Quotes quotes;
  for (std::size_t at = 0; at + 1 < word.size(); ++at) {
    if (!quotes.is_plain(word, at)) continue;
    const std::string_view pair = word.substr(at, 2);
    if (pair != "((" && pair != "))") continue;
    opened += pair == "((" ? 1 : -1;
    ++at;
  }
  return opened;
}

}  // namespace

bool lacks_heredoc_name(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of("0123456789"), word.size()));
  return word == "<<" || word == "<<-";
}

std::optional<ast::Heredoc> parse_heredoc_word(std::string_view word) {
  const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
  const std::uint64_t descriptor = parse_uint(word.substr(0, digits)).value_or(0);
  std::string_view rest = word.substr(digits);
  if (!rest.starts_with("<<")) return std::nullopt;
  rest.remove_prefix(2);
  ast::Heredoc heredoc;
  heredoc.descriptor = static_cast<int>(std::min<std::uint64_t>(descriptor, 1 << 20));
  heredoc.strip_tabs = rest.starts_with('-');
  if (heredoc.strip_tabs) rest.remove_prefix(1);
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  if (rest.find('<') != rest.npos) return std::nullopt;
  auto name = parse_name(rest);
  if (!name) return std::nullopt;
  heredoc.expand = !name->quoted;
  heredoc.name = std::move(name->text);
  return heredoc;
}

std::vector<ast::Heredoc> find_heredocs(std::string_view args) {
  std::vector<ast::Heredoc> found;
  if (args.find("<<") == args.npos) return found;
  const auto words = shell_words(args);
  if (!words) return found;
  int arithmetic = 0;
  for (std::size_t i = 0; i < words->size(); ++i) {
    std::string_view word = (*words)[i];
    const bool shifts = arithmetic > 0;
    arithmetic = std::max(0, arithmetic + opened_arithmetic(word));
    if (shifts) continue;
    if (lacks_heredoc_name(word) && i + 1 < words->size()) {
      const std::string_view name = (*words)[++i];
      word = args.substr(static_cast<std::size_t>(word.data() - args.data()),
                         static_cast<std::size_t>(name.data() + name.size() - word.data()));
    }
    if (auto heredoc = parse_heredoc_word(word)) found.push_back(std::move(*heredoc));
  }
  return found;
}

}  // namespace cbuild::frontend
