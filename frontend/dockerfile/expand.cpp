// Expands variables; see expand.h.
#include "frontend/dockerfile/expand.h"

#include <algorithm>
#include <set>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/util/text.h"
#include "cbuild/util/utf8.h"
#include "frontend/dockerfile/ast_parts.h"
#include "frontend/dockerfile/go_text.h"
#include "frontend/dockerfile/shell_pattern.h"

namespace cbuild::frontend {

namespace {

// Bounds for hostile files: a few lines of `ENV a=$a$a` would fill the memory otherwise.
constexpr int kMaxDepth = 100;
constexpr std::size_t kMaxGrowth = 256 << 10;
constexpr std::size_t kMaxPatternWork = 64 << 20;  // characters of pattern × characters of value

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Size in bytes of a character that a name may begin with; 0 = none.
std::size_t name_start_size(std::string_view text) {
  return text.starts_with('_') ? 1 : letter_size(text);
}

/// Something is wrong with the word; where is for the caller to say.
struct SyntaxError {
  std::string message;
};

/// Collects the words that come out: blanks separate, unless they were quoted or escaped.
class WordSplitter {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      if (is_space(c)) {
        end_word();
      } else {
        word_ += c;
      }
    }
  }

  void add_quoted(std::string_view text) { word_ += text; }

  std::vector<std::string> take() {
    end_word();
    return std::move(words_);
  }

 private:
  void end_word() {
    if (!word_.empty()) words_.push_back(std::move(word_));
    word_.clear();
  }

  std::string word_;
  std::vector<std::string> words_;
};

enum class Quotes { processed, kept };

class Lexer {
 public:
  Lexer(std::string_view text,
        const VariableLookup& lookup,
        const ExpandOptions& options,
        Quotes quotes)
      : text_(text), lookup_(lookup), options_(options), quotes_(quotes) {}

  std::string run(WordSplitter* splitter) {
    std::string result = until('\0', false, splitter);
    if (options_.unset != nullptr) {
      for (std::string& name : unset_in_order_)
        options_.unset->push_back(std::move(name));
    }
    return result;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }

  char peek() const { return at_end() ? '\0' : text_[at_]; }

  char next() { return at_end() ? '\0' : text_[at_++]; }

  void check_size(const std::string& result) const {
    if (result.size() > text_.size() + kMaxGrowth) throw SyntaxError{"the result is too large"};
  }

  std::optional<std::string> value_of(const std::string& name) { return lookup_(name); }

  void report_unset(const std::string& name) {
    if (options_.unset == nullptr || name_start_size(name) == 0) return;
    if (unset_.insert(name).second) unset_in_order_.push_back(name);
  }

  std::string until(char stop, bool raw_escapes, WordSplitter* splitter);
  std::string single_quoted();
  std::string double_quoted(bool raw_escapes);
  void escaped(std::string& result, bool raw_escapes, WordSplitter* splitter);
  std::string dollar();
  std::string braces();
  std::string name();
  std::string conditional(const std::string& name, char form, bool empty_is_unset);
  std::string trimmed(const std::string& name, char form);
  std::string replaced(const std::string& name);
  std::string closing_word(bool raw_escapes);
  ShellPattern pattern_of(std::string_view text, std::size_t work);

  std::string_view text_;
  const VariableLookup& lookup_;
  const ExpandOptions& options_;
  Quotes quotes_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::size_t pattern_work_ = 0;
  std::set<std::string> unset_;
  std::vector<std::string> unset_in_order_;
};

SyntaxError unsupported_modifier(std::string_view shown) {
  return {fmt::format("unsupported modifier ({}) in substitution", printable(shown))};
}

/// The end of the word came before `stop`.
void refuse_missing(char stop) {
  if (stop == '/') throw SyntaxError{"syntax error: missing '/' in ${}"};
  if (stop != '\0') throw SyntaxError{"syntax error: missing '}'"};
}

/// Everything up to `stop`, which is taken; '\0' stops at the end.
std::string Lexer::until(char stop, bool raw_escapes, WordSplitter* splitter) {
  if (++depth_ > kMaxDepth) throw SyntaxError{"variables are nested too deeply"};
  std::string result;
  while (!at_end()) {
    const char c = peek();
    if (stop != '\0' && c == stop) {
      ++at_;
      --depth_;
      return result;
    }
    if (c == '$') {
      const std::string value = dollar();
      result += value;
      if (splitter != nullptr) splitter->add(value);
      check_size(result);
    } else if (quotes_ == Quotes::processed && (c == '\'' || c == '"')) {
      const std::string value = c == '"' ? double_quoted(raw_escapes) : single_quoted();
      result += value;
      if (splitter != nullptr) splitter->add_quoted(value);
      check_size(result);
    } else if (c == options_.escape) {
      escaped(result, raw_escapes, splitter);
    } else {
      ++at_;
      result += c;
      if (splitter != nullptr) splitter->add(std::string_view(&c, 1));
    }
  }
  --depth_;
  refuse_missing(stop);
  return result;
}

/// An escape takes itself away, before every character and at the end.
void Lexer::escaped(std::string& result, bool raw_escapes, WordSplitter* splitter) {
  const auto put = [&](char c) {
    result += c;
    if (splitter != nullptr) splitter->add_quoted(std::string_view(&c, 1));
  };
  const char escape = next();
  if (raw_escapes) put(escape);
  if (!at_end()) put(next());
}

std::string Lexer::single_quoted() {
  ++at_;
  const std::size_t end = text_.find('\'', at_);
  if (end == text_.npos) {
    throw SyntaxError{"unexpected end of statement while looking for matching single-quote"};
  }
  std::string result(text_.substr(at_, end - at_));
  at_ = end + 1;
  return result;
}

std::string Lexer::double_quoted(bool raw_escapes) {
  ++at_;
  std::string result;
  while (!at_end()) {
    const char c = peek();
    if (c == '$') {
      result += dollar();
      check_size(result);
      continue;
    }
    ++at_;
    if (c == '"') return result;
    if (c == options_.escape && !at_end()) {
      const char following = peek();
      const bool special = following == '"' || following == '$' || following == options_.escape;
      if (raw_escapes) result += c;  // in a pattern the escape is to be text, and so escaped
      result += special ? next() : c;
    } else if (c != options_.escape) {
      result += c;
    }
  }
  throw SyntaxError{"unexpected end of statement while looking for matching double-quote"};
}

std::string Lexer::dollar() {
  ++at_;
  if (peek() == '{') {
    ++at_;
    return braces();
  }
  const std::string variable = name();
  if (variable.empty()) return "$";
  if (auto value = value_of(variable)) return std::move(*value);
  report_unset(variable);
  return {};
}

/// A name, all of a number, or one of the special parameters; empty when there is none of them.
std::string Lexer::name() {
  const std::size_t begin = at_;
  if (is_digit(peek())) {
    while (is_digit(peek()))
      ++at_;
  } else if (name_start_size(text_.substr(at_)) > 0) {
    while (is_digit(peek()) || name_start_size(text_.substr(at_)) > 0)
      at_ += std::max<std::size_t>(1, name_start_size(text_.substr(at_)));
  } else if (!at_end() && std::string_view("@*#?-$!").find(peek()) != std::string_view::npos) {
    ++at_;
  }
  return std::string(text_.substr(begin, at_ - begin));
}

std::string Lexer::braces() {
  if (at_end()) throw SyntaxError{"syntax error: missing '}'"};
  if (std::string_view("{}:").find(peek()) != std::string_view::npos)
    throw SyntaxError{"syntax error: bad substitution"};
  const std::string variable = name();  // may be empty: no variable has that name
  if (at_end()) throw SyntaxError{"syntax error: missing '}'"};
  char form = next();
  if (form == '}') {
    if (auto value = value_of(variable)) return std::move(*value);
    report_unset(variable);
    return {};
  }
  if (form == '/') return replaced(variable);
  std::string shown(1, form);
  const bool empty_is_unset = form == ':';
  if (empty_is_unset) {
    if (at_end()) throw SyntaxError{"syntax error: missing '}'"};
    form = next();
    shown += form;
    if (form == '#' || form == '%') throw unsupported_modifier(shown);
  }
  if (form == '-' || form == '+' || form == '?') return conditional(variable, form, empty_is_unset);
  if (form == '#' || form == '%') return trimmed(variable, form);
  throw unsupported_modifier(shown);
}

std::string Lexer::closing_word(bool raw_escapes) {
  return until('}', raw_escapes, nullptr);
}

std::string Lexer::conditional(const std::string& name, char form, bool empty_is_unset) {
  std::string word = closing_word(false);
  const auto value = value_of(name);
  const bool is_set = value && !(empty_is_unset && value->empty());
  if (form == '+') return is_set ? word : std::string();
  if (is_set) return *value;
  if (form == '-') return word;
  if (word.empty()) word = value ? "is not allowed to be empty" : "is not allowed to be unset";
  throw SyntaxError{fmt::format("{}: {}", name, printable(word))};
}

ShellPattern Lexer::pattern_of(std::string_view text, std::size_t work) {
  pattern_work_ += work;
  if (pattern_work_ > kMaxPatternWork) throw SyntaxError{"patterns and values are too large"};
  auto pattern = ShellPattern::parse(text);
  if (!pattern) {
    throw SyntaxError{
        fmt::format("invalid pattern ({}) in substitution: a backslash may stand before "
                    "* ? }} / and itself only",
                    printable(text))};
  }
  return std::move(*pattern);
}

std::string Lexer::trimmed(const std::string& name, char form) {
  const std::string word = closing_word(true);
  const auto found = value_of(name);
  if (!found) report_unset(name);
  const std::string value = found.value_or(std::string());
  std::string_view pattern_text = word;
  auto length = ShellPattern::Length::shortest;
  if (pattern_text.starts_with(form)) {
    length = ShellPattern::Length::longest;
    pattern_text.remove_prefix(1);
  }
  const ShellPattern pattern = pattern_of(pattern_text, value.size() * (pattern_text.size() + 1));
  return form == '#' ? pattern.without_prefix(value, length)
                     : pattern.without_suffix(value, length);
}

std::string Lexer::replaced(const std::string& name) {
  const bool all = peek() == '/';
  if (all) ++at_;
  const std::string pattern_text = until('/', true, nullptr);
  const std::string with = closing_word(true);
  const auto value = value_of(name);
  if (!value) report_unset(name);
  const std::string text = value.value_or(std::string());
  const ShellPattern pattern =
      pattern_of(pattern_text, (text.size() + 1) * (pattern_text.size() + with.size() + 1));
  return all ? pattern.replaced_all(text, with) : pattern.replaced_first(text, with);
}

std::string process(const ast::Word& word,
                    const VariableLookup& lookup,
                    const ExpandOptions& options,
                    WordSplitter* splitter) {
  try {
    return Lexer(word.text, lookup, options, Quotes::processed).run(splitter);
  } catch (const SyntaxError& error) {
    throw DockerfileError(
        word.range, fmt::format("failed to process {}: {}", go_quoted(word.text), error.message));
  }
}

}  // namespace

bool is_constant(const ast::Word& word) {
  return word.text.find('$') == std::string::npos;
}

std::string expand_word(const ast::Word& word,
                        const VariableLookup& lookup,
                        const ExpandOptions& options) {
  return process(word, lookup, options, nullptr);
}

std::vector<std::string> expand_words(const ast::Word& word,
                                      const VariableLookup& lookup,
                                      const ExpandOptions& options) {
  WordSplitter splitter;
  process(word, lookup, options, &splitter);
  return splitter.take();
}

std::string expand_heredoc(const ast::Heredoc& heredoc,
                           const VariableLookup& lookup,
                           const ExpandOptions& options) {
  if (!heredoc.expand) return heredoc.content;
  const ExpandOptions with_backslash{.escape = '\\', .unset = options.unset};
  try {
    return Lexer(heredoc.content, lookup, with_backslash, Quotes::kept).run(nullptr);
  } catch (const SyntaxError& error) {
    throw DockerfileError(heredoc.range, fmt::format("failed to process the heredoc {}: {}",
                                                     printable(heredoc.name), error.message));
  }
}

}  // namespace cbuild::frontend
