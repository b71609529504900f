// Finds here-documents among the words of RUN, COPY and ADD.
#include "frontend/dockerfile/heredoc.h"

#include <algorithm>
#include <string>

#include "cbuild/util/text.h"

namespace cbuild::frontend {

namespace {

constexpr std::string_view kBlanks = " \t\v\f\r\n";

/// `word` without quotes and escapes; nullopt when it is not exactly one word.
std::optional<std::string> unquote_name(std::string_view word) {
  std::string name;
  char quote = '\0';
  for (std::size_t at = 0; at < word.size(); ++at) {
    const char c = word[at];
    if (quote == '\'') {
      if (c == quote) {
        quote = '\0';
      } else {
        name += c;
      }
    } else if (c == '\\' && at + 1 < word.size()) {
      name += word[++at];
    } else if (c == '"') {
      quote = quote == '"' ? '\0' : '"';
    } else if (c == '\'' && quote == '\0') {
      quote = c;
    } else if (quote == '\0' && kBlanks.find(c) != kBlanks.npos) {
      return std::nullopt;
    } else {
      name += c;
    }
  }
  if (quote != '\0' || name.empty()) return std::nullopt;
  return name;
}

/// Cuts at blanks as a shell does, quotes and escapes kept. nullopt when a quote is not closed.
std::optional<std::vector<std::string_view>> shell_words(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = text.npos;  // of the word we are in
  char quote = '\0';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote == '\0' && kBlanks.find(c) != kBlanks.npos) {
      if (begin != text.npos) words.push_back(text.substr(begin, at - begin));
      begin = text.npos;
      continue;
    }
    if (begin == text.npos) begin = at;
    if (c == '\\' && quote != '\'') {
      ++at;
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    }
  }
  if (quote != '\0') return std::nullopt;
  if (begin != text.npos) words.push_back(text.substr(begin));
  return words;
}

}  // namespace

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
  if (rest.find('<') != rest.npos) return std::nullopt;
  auto name = unquote_name(rest);
  if (!name) return std::nullopt;
  heredoc.expand = *name == rest;
  heredoc.name = std::move(*name);
  return heredoc;
}

std::vector<ast::Heredoc> find_heredocs(std::string_view args) {
  std::vector<ast::Heredoc> found;
  if (args.find("<<") == args.npos) return found;
  const auto words = shell_words(args);
  if (!words) return found;
  for (const std::string_view word : *words) {
    if (auto heredoc = parse_heredoc_word(word)) found.push_back(std::move(*heredoc));
  }
  return found;
}

}  // namespace cbuild::frontend
