// Cuts a template at its actions; see lexer.h.
#include "src/cli/template/lexer.h"

#include <algorithm>

namespace cbuild::cli::templates {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_blank(std::string_view source, std::size_t at) {
  return at < source.size() && kBlanks.find(source[at]) != std::string_view::npos;
}

std::string trim_left(const std::string& text) {
  return text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
}

std::string trim_right(const std::string& text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::string replace_escapes(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const bool tab = text.starts_with("\\t");
    const bool escape = tab || text.starts_with("\\n");
    result += !escape ? text.front() : tab ? '\t' : '\n';
    text.remove_prefix(escape ? 2 : 1);
  }
  return result;
}

/// Where the text that begins at `from` with a quote ends, behind its closing quote.
std::size_t end_of_quoted(std::string_view source, std::size_t from) {
  const char quote = source[from];
  for (std::size_t at = from + 1; at < source.size(); ++at) {
    if (source[at] == quote) return at + 1;
    if (quote != '`' && source[at] == '\n') break;
    if (quote != '`' && source[at] == '\\') ++at;
  }
  const std::string_view what = quote == '`'    ? "unterminated raw quoted string"
                                : quote == '\'' ? "unterminated character constant"
                                                : "unterminated quoted string";
  fail(source, {from, 0}, what);
}

class Cutter {
 public:
  Cutter(std::string_view source, Escapes escapes) : source_(source), escapes_(escapes) {}

  std::vector<Piece> run() {
    while (at_ < source_.size()) {
      const auto open = std::min(source_.find("{{", at_), source_.size());
      std::string text(source_.substr(at_, open - at_));
      if (escapes_ == Escapes::replaced) text = replace_escapes(text);
      if (trim_next_) text = trim_left(text);
      trim_next_ = false;
      at_ = open;
      if (open < source_.size() && trims_before(open)) text = trim_right(text);
      if (!text.empty()) pieces_.push_back({std::move(text), {}});
      if (open < source_.size()) take_action();
    }
    return std::move(pieces_);
  }

 private:
  /// "{{- " with a blank; "{{-3" is a number.
  bool trims_before(std::size_t open) const {
    return source_.substr(open + 2).starts_with('-') && is_blank(source_, open + 3);
  }

  void take_action() {
    const std::size_t open = at_;
    at_ += trims_before(open) ? 4 : 2;
    if (take_comment(open)) return;
    const std::size_t from = at_;
    const std::size_t to = find_close(open);
    const bool trims = to > from + 1 && source_[to - 1] == '-' && is_blank(source_, to - 2);
    // "{{- -}}": the blank belongs to both.
    const bool trims_alone = to == from + 1 && source_[from] == '-' && from == open + 4;
    trim_next_ = trims || trims_alone;
    std::vector<Token> words = cut_action(source_, from, trim_next_ ? to - 1 : to);
    if (words.size() == 1) fail(source_, {open, to + 2 - open}, "missing value for command");
    pieces_.push_back({{}, std::move(words)});
    at_ = to + 2;
  }

  /// Go wants the comment right behind the opening, and the closing right behind the comment.
  bool take_comment(std::size_t open) {
    if (!source_.substr(at_).starts_with("/*")) return false;
    const auto end = source_.find("*/", at_ + 2);
    if (end == std::string_view::npos) fail(source_, {open, 0}, "unclosed comment");
    at_ = end + 2;
    trim_next_ = is_blank(source_, at_) && source_.substr(at_ + 1).starts_with("-}}");
    if (trim_next_) at_ += 2;
    if (!source_.substr(at_).starts_with("}}")) {
      fail(source_, {open, 0}, "comment ends before closing delimiter");
    }
    at_ += 2;
    return true;
  }

  /// Where "}}" stands, that within quotes not counted.
  std::size_t find_close(std::size_t open) const {
    std::size_t at = at_;
    while (at < source_.size()) {
      const char c = source_[at];
      if (c == '"' || c == '`' || c == '\'') {
        at = end_of_quoted(source_, at);
      } else if (source_.substr(at).starts_with("}}")) {
        return at;
      } else {
        ++at;
      }
    }
    fail(source_, {open, 0}, "unclosed action", "write }} behind it");
  }

  std::string_view source_;
  Escapes escapes_;
  std::size_t at_ = 0;
  bool trim_next_ = false;
  std::vector<Piece> pieces_;
};

}  // namespace

std::vector<Piece> cut_template(std::string_view source, Escapes escapes) {
  return Cutter(source, escapes).run();
}

}  // namespace cbuild::cli::templates
