// Reads logical lines; see lines.h.
#include "frontend/dockerfile/lines.h"

#include <algorithm>
#include <array>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/util/text.h"

namespace cbuild::frontend {

namespace {

constexpr std::string_view kBlanks = " \t\v\f\r";
constexpr std::string_view kBom = "\xEF\xBB\xBF";

SourceRange whole_line(int line) {
  return {.line = line, .last_line = line, .column = 0, .end_column = 0};
}

std::size_t first_not_blank(std::string_view text) {
  return std::min(text.find_first_not_of(kBlanks), text.size());
}

bool is_comment(std::string_view text) {
  const std::size_t begin = first_not_blank(text);
  return begin < text.size() && text[begin] == '#';
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The part of the line `text` from `begin` on, without blanks at both ends, with its place.
ast::Word trimmed_word(std::string_view text, std::size_t begin, int line) {
  begin += first_not_blank(text.substr(begin));
  const std::size_t last = text.find_last_not_of(kBlanks);
  const std::size_t end = begin < text.size() && last != text.npos ? last + 1 : begin;
  return {.text = std::string(text.substr(begin, end - begin)),
          .range = {.line = line,
                    .last_line = line,
                    .column = static_cast<int>(begin) + 1,
                    .end_column = static_cast<int>(end) + 1}};
}

/// Where `<<NAME` stands in `line`.
SourceRange place_of(const ast::Heredoc& heredoc, const LogicalLine& line) {
  for (std::size_t at = line.text.find("<<"); at != std::string::npos;
       at = line.text.find("<<", at + 1)) {
    const std::size_t name = line.text.find_first_not_of("- \t\"'\\", at + 2);
    if (name == std::string::npos ||
        line.text.compare(name, heredoc.name.size(), heredoc.name) != 0)
      continue;
    return line.range(at, name + heredoc.name.size());
  }
  return {.line = line.first_line, .last_line = line.first_line, .column = 0, .end_column = 0};
}

}  // namespace

void LogicalLine::append(std::string_view piece, int line, int column) {
  segments_.push_back({text.size(), line, column});
  text += piece;
}

const LogicalLine::Segment& LogicalLine::segment_at(std::size_t offset) const {
  auto after = std::upper_bound(
      segments_.begin(), segments_.end(), offset,
      [](std::size_t value, const Segment& segment) { return value < segment.offset; });
  return *std::prev(after);
}

SourceRange LogicalLine::range(std::size_t begin, std::size_t end) const {
  const auto column = [](const Segment& segment, std::size_t offset) {
    return segment.column + static_cast<int>(offset - segment.offset);
  };
  const Segment& first = segment_at(begin);
  SourceRange result{.line = first.line,
                     .last_line = first.line,
                     .column = column(first, begin),
                     .end_column = column(first, begin)};
  if (end > begin) {
    const Segment& last = segment_at(end - 1);
    result.last_line = last.line;
    result.end_column = column(last, end - 1) + 1;
  }
  return result;
}

ast::Word LogicalLine::word(std::size_t begin, std::size_t end) const {
  return {.text = text.substr(begin, end - begin), .range = range(begin, end)};
}

LineReader::LineReader(std::string_view text) : text_(text) {
  if (const std::size_t nul = text.find('\0'); nul != text.npos) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n');
    throw DockerfileError(whole_line(static_cast<int>(line)),
                          "the Dockerfile contains a NUL byte: it is not a text file in UTF-8");
  }
  if (text_.starts_with(kBom)) position_ = kBom.size();
  read_directives();
}

std::optional<LineReader::Line> LineReader::next_line() {
  if (position_ >= text_.size()) return std::nullopt;
  const std::size_t end = text_.find('\n', position_);
  const std::size_t next = end == text_.npos ? text_.size() : end + 1;
  Line line{.text = text_.substr(position_, next - position_), .raw = {}, .number = ++line_number_};
  line.raw = line.text;
  position_ = next;
  while (!line.text.empty() && (line.text.back() == '\n' || line.text.back() == '\r')) {
    line.text.remove_suffix(1);
  }
  return line;
}

void LineReader::read_directives() {
  if (text_.substr(position_).starts_with("#!")) {
    next_line();  // what makes the file a program
    after_shebang_ = true;
  }
  while (true) {
    const std::size_t position = position_;
    const auto line = next_line();
    if (line && read_directive(*line)) continue;
    if (line) --line_number_;
    position_ = position;  // not a directive: an ordinary line, to be read again
    return;
  }
}

bool LineReader::read_directive(const Line& line) {
  const std::string_view text = line.text;
  std::size_t at = first_not_blank(text);
  if (at == text.size() || text[at] != '#') return false;
  at += 1 + first_not_blank(text.substr(at + 1));
  const std::size_t key_begin = at;
  while (at < text.size() && is_alphanumeric(text[at]))
    ++at;
  const std::string key = to_lower(text.substr(key_begin, at - key_begin));
  at += first_not_blank(text.substr(at));
  if (at == text.size() || text[at] != '=') return false;
  const ast::Word value = trimmed_word(text, at + 1, line.number);
  if (value.text.empty()) return false;

  static constexpr std::array<std::string_view, 3> kKeys{"check", "escape", "syntax"};
  if (std::ranges::find(kKeys, key) == kKeys.end()) return false;
  const auto set_once = [&](std::optional<ast::Word>& directive) {
    if (directive) {
      throw DockerfileError(whole_line(line.number),
                            fmt::format("only one {} parser directive can be used", key));
    }
    directive = value;
  };
  if (key == "check") set_once(directives_.check);
  if (key == "syntax") set_once(directives_.syntax);
  if (key == "escape" && !after_shebang_) {  // there BuildKit's parser sees a comment
    set_once(directives_.escape_word);
    set_escape(value);
  }
  return true;
}

void LineReader::set_escape(const ast::Word& value) {
  if (value.text != "\\" && value.text != "`") {
    throw DockerfileError(
        value.range,
        fmt::format("invalid escape token '{}' does not match ` or \\", printable(value.text)));
  }
  directives_.escape = value.text.front();
}

bool LineReader::cut_continuation(std::string_view& text) const {
  const std::size_t last = text.find_last_not_of(" \t");
  if (last == text.npos || text[last] != directives_.escape) return false;
  if (last > 0 && text[last - 1] == directives_.escape) return false;  // it is escaped itself
  text = text.substr(0, last);
  return true;
}

std::optional<LogicalLine> LineReader::next() {
  LogicalLine logical;
  while (auto line = next_line()) {
    if (is_comment(line->text)) {
      const std::size_t hash = line->text.find('#');
      logical.comments.push_back(trimmed_word(line->text, hash + 1, line->number));
      continue;
    }
    const std::size_t begin = first_not_blank(line->text);
    std::string_view text = line->text.substr(begin);
    const bool goes_on = cut_continuation(text);
    if (text.empty() && !goes_on) {
      logical.comments.clear();
      continue;
    }
    logical.first_line = logical.last_line = line->number;
    logical.append(text, line->number, static_cast<int>(begin) + 1);
    if (goes_on) append_continuations(logical);
    if (first_not_blank(logical.text) < logical.text.size()) return logical;
    logical = LogicalLine();  // nothing but continuations
  }
  return std::nullopt;
}

void LineReader::append_continuations(LogicalLine& logical) {
  bool warned = false;
  bool goes_on = true;
  while (goes_on) {
    const auto line = next_line();
    if (!line) return;
    logical.last_line = line->number;
    if (is_comment(line->text)) continue;
    if (first_not_blank(line->text) == line->text.size()) {
      if (!warned) {
        warnings_.push_back({.severity = Severity::warning,
                             .rule = "NoEmptyContinuation",
                             .range = whole_line(line->number),
                             .message = "Empty continuation line"});
      }
      warned = true;
      continue;
    }
    std::string_view text = line->text;
    goes_on = cut_continuation(text);
    logical.append(text, line->number, 1);
  }
}

void LineReader::read_body(ast::Heredoc& heredoc, LogicalLine& owner) {
  heredoc.range = whole_line(line_number_ + 1);
  int nearly = 0;  // a line that was meant to be the last
  while (const auto line = next_line()) {
    std::string_view text = line->text;
    std::string_view raw = line->raw;
    const std::string_view with_tabs = raw;
    if (heredoc.strip_tabs) {
      const std::size_t tabs = std::min(raw.find_first_not_of('\t'), raw.size());
      raw.remove_prefix(tabs);
      text.remove_prefix(std::min(tabs, text.size()));
    }
    heredoc.range.last_line = owner.last_line = line->number;
    if (text == heredoc.name) return;
    if (nearly == 0 && trim(text) == heredoc.name) nearly = line->number;
    heredoc.content += raw;
    if (heredoc.strip_tabs) heredoc.tabbed += with_tabs;
  }
  const std::string advice =
      nearly == 0 ? std::string() : fmt::format(" (line {} has blanks before or after it)", nearly);
  throw DockerfileError(place_of(heredoc, owner),
                        fmt::format("unterminated heredoc: no line is exactly '{}'{}",
                                    printable(heredoc.name), advice));
}

}  // namespace cbuild::frontend
