// Lines out of what steps write; see progress_text.h.
#include "src/cli/progress_text.h"

#include <algorithm>

#include "cbuild/util/display_width.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

constexpr std::size_t kMaxLine = 16 * 1024;
constexpr std::size_t kTab = 8;
constexpr char kEscape = '\x1b';

/// Bytes of the escape sequence that `text` begins with. Source: ECMA-48, 5.4 and 8.3.
std::size_t escape_size(std::string_view text) {
  if (text.size() < 2) return text.size();
  if (text[1] == '[') {  // CSI: parameters, then one final byte
    const auto final_byte = text.find_first_not_of("0123456789:;<=>?!\"#$%&'()*+,-./ ", 2);
    return final_byte == std::string_view::npos ? text.size() : final_byte + 1;
  }
  if (text[1] == ']' || text[1] == 'P' || text[1] == '_' ||
      text[1] == '^') {  // a string to BEL, ST
    const auto end = text.find_first_of("\a\x1b", 2);
    if (end == std::string_view::npos) return text.size();
    return text[end] == '\a' ? end + 1 : end;  // ST is the next sequence, and so is any other
  }
  const auto end = text.find_first_not_of(" !\"#$%&'()*+,-./", 1);
  return end == std::string_view::npos ? text.size() : end + 1;
}

/// The part of a line that a terminal would be left showing.
std::string_view after_last_return(std::string_view line) {
  while (line.ends_with('\r'))
    line.remove_suffix(1);
  const auto at = line.rfind('\r');
  return at == std::string_view::npos ? line : line.substr(at + 1);
}

}  // namespace

std::string clean_line(std::string_view line) {
  line = after_last_return(line);
  std::string text;
  while (!line.empty()) {
    const auto at = line.find_first_of("\x1b\b\t");
    text += line.substr(0, at);
    if (at == std::string_view::npos) break;
    line.remove_prefix(at);
    if (line.front() == '\t') text.append(kTab - display_width(text) % kTab, ' ');
    line.remove_prefix(line.front() == kEscape ? std::min(escape_size(line), line.size()) : 1);
  }
  return printable(text);
}

std::string clean_label(std::string_view label) {
  std::string text(label);
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return printable(trim(text));
}

std::string step_label(std::string_view label, std::string_view group) {
  return group.empty() ? clean_label(label) : clean_label(group) + " " + clean_label(label);
}

std::string printable_lines(std::string_view text) {
  while (text.ends_with('\n'))
    text.remove_suffix(1);
  std::string result;
  for (const std::string& line : split(text, '\n'))
    result += printable(line) + "\n";
  return result;
}

std::vector<std::string> LineAssembler::feed(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto at = text.find('\n');
    pending_ += text.substr(0, at);
    if (at == std::string_view::npos && pending_.size() < kMaxLine) break;
    lines.push_back(clean_line(std::string_view(pending_).substr(0, kMaxLine)));
    pending_.clear();
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return lines;
}

std::vector<std::string> LineAssembler::finish() {
  if (pending_.empty()) return {};
  std::vector<std::string> lines = {clean_line(pending_)};
  pending_.clear();
  return lines;
}

}  // namespace cbuild::cli
