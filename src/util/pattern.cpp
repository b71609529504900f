// Wildcards as Go's path/filepath.Match, and ignore files as moby's patternmatcher.
#include "cbuild/util/pattern.h"

#include <algorithm>
#include <cstddef>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "cbuild/util/utf8.h"

namespace cbuild {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

/// Takes one character (UTF-8; a byte where it is none) off `text` at `at`.
char32_t take_character(std::string_view text, std::size_t& at) {
  const CodePoint point = next_code_point(text.substr(at));
  at += point.size;
  return point.value;
}

/// The outcome of reading a bracket expression.
struct Bracket {
  std::size_t end = kNone;  ///< behind ']'; kNone = malformed
  bool matches = false;
};

/// One end of a range in brackets. False when there is none.
bool take_bound(std::string_view pattern, std::size_t& at, char32_t& bound) {
  if (at >= pattern.size() || pattern[at] == '-' || pattern[at] == ']') return false;
  if (pattern[at] == '\\' && ++at >= pattern.size()) return false;
  bound = take_character(pattern, at);
  return at < pattern.size();  // ']' must follow at least
}

/// Reads the brackets that open at `at` and tries them on `c`.
Bracket read_bracket(std::string_view pattern, std::size_t at, char32_t c) {
  ++at;
  const bool negated = pattern.substr(at).starts_with('^');
  if (negated) ++at;
  bool found = false;
  for (bool first = true;; first = false) {
    if (!first && pattern.substr(at).starts_with(']')) break;
    char32_t low = 0;
    if (!take_bound(pattern, at, low)) return {};
    char32_t high = low;
    if (pattern[at] == '-' && !take_bound(pattern, ++at, high)) return {};
    found = found || (low <= c && c <= high);
  }
  return {.end = at + 1, .matches = found != negated && c != '/'};
}

bool well_formed(std::string_view pattern) {
  for (std::size_t at = 0; at < pattern.size();) {
    if (pattern[at] == '[') {
      at = read_bracket(pattern, at, 0).end;
      if (at == kNone) return false;
    } else {
      at += pattern[at] == '\\' ? 2 : 1;
      if (at > pattern.size()) return false;
    }
  }
  return true;
}

/// Tries the item of the pattern at `p`, which is no '*', on the character at `n`; moves both
/// behind when it fits.
bool take_item(std::string_view pattern, std::size_t& p, std::string_view name, std::size_t& n) {
  if (n >= name.size()) return false;
  std::size_t after = n;
  const char32_t c = take_character(name, after);
  if (pattern[p] == '?') {
    if (c == '/') return false;
    ++p;
  } else if (pattern[p] == '[') {
    const Bracket bracket = read_bracket(pattern, p, c);
    if (!bracket.matches) return false;
    p = bracket.end;
  } else {
    std::size_t item = pattern[p] == '\\' ? p + 1 : p;
    if (take_character(pattern, item) != c) return false;
    p = item;
  }
  n = after;
  return true;
}

/// Where matching goes on when the present try fails: the newest '*' takes one character more.
struct Retry {
  std::size_t pattern = kNone;
  std::size_t name = 0;

  bool extend_star(std::string_view text) {
    if (pattern == kNone || name >= text.size() || text[name] == '/') return false;
    take_character(text, name);
    return true;
  }

  /// "**" takes whole directories.
  bool extend_double_star(std::string_view text) {
    const std::size_t slash = pattern == kNone ? kNone : text.find('/', name);
    if (slash == kNone) return false;
    name = slash + 1;
    return true;
  }
};

/// What "**" means in a pattern.
enum class DoubleStar { one_component, directories };

/// Matches a pattern in which "**", where it takes directories, only stands at the beginning of a
/// path component. Trying the newest '*' and the newest '**' again is enough then: the number of
/// slashes between is fixed.
bool match_components(std::string_view pattern, std::string_view name, DoubleStar meaning) {
  std::size_t p = 0;
  std::size_t n = 0;
  Retry star;
  Retry double_star;
  while (p < pattern.size() || n < name.size()) {
    if (meaning == DoubleStar::directories && pattern.substr(p).starts_with("**")) {
      p += 2;
      if (p < pattern.size() && pattern[p] == '/') ++p;
      if (p == pattern.size()) return true;
      double_star = {p, n};
      star = {};
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = {++p, n};
    } else if (p < pattern.size() && take_item(pattern, p, name, n)) {
      continue;
    } else if (star.extend_star(name)) {
      p = star.pattern;
      n = star.name;
    } else if (double_star.extend_double_star(name)) {
      p = double_star.pattern;
      n = double_star.name;
      star = {};
    } else {
      return false;
    }
  }
  return true;
}

/// The rare rest, as "a**b": all ways at once, one character of the name after the other.
class ParallelMatch {
 public:
  explicit ParallelMatch(std::string_view pattern) : pattern_(pattern) {
    for (std::size_t at = 0; at < pattern.size();) {
      items_.push_back({at, Kind::one});
      if (pattern[at] == '*') {
        const bool is_double = pattern.substr(at).starts_with("**");
        items_.back().kind = is_double ? Kind::directories : Kind::star;
        at += is_double ? 2 : 1;
        if (is_double && at < pattern.size() && pattern[at] == '/') ++at;
        if (is_double && at == pattern.size()) items_.back().kind = Kind::rest;
      } else {
        at = pattern[at] == '[' ? read_bracket(pattern, at, 0).end
                                : at + (pattern[at] == '\\' ? 2 : 1);
      }
    }
  }

  bool run(std::string_view name) {
    States now(items_.size() + 1);
    reach(now, 0);
    for (std::size_t n = 0; n < name.size();) {
      States next(items_.size() + 1);
      std::size_t after = n;
      for (std::size_t i = 0; i < items_.size(); ++i) {
        if (now[i] != State::absent) step(next, i, now[i], name, n);
      }
      take_character(name, after);
      n = after;
      now = std::move(next);
    }
    return now.back() != State::absent;
  }

 private:
  enum class Kind { one, star, directories, rest };

  enum class State : char { absent, inside, entered };

  struct Item {
    std::size_t at;
    Kind kind;
  };

  using States = std::vector<State>;

  /// Marks state `i` and those that need no character from there.
  void reach(States& states, std::size_t i) const {
    while (states[i] != State::entered) {
      states[i] = State::entered;
      if (i == items_.size() || items_[i].kind == Kind::one) return;
      ++i;
    }
  }

  void step(States& next, std::size_t i, State state, std::string_view name, std::size_t n) const {
    const bool slash = name[n] == '/';
    std::size_t p = items_[i].at;
    std::size_t after = n;
    switch (items_[i].kind) {
      case Kind::one:
        if (state == State::entered && take_item(pattern_, p, name, after)) reach(next, i + 1);
        return;
      case Kind::star:
        if (!slash) reach(next, i);
        return;
      case Kind::directories:
        if (next[i] == State::absent) next[i] = State::inside;
        if (slash) reach(next, i + 1);
        return;
      case Kind::rest:
        reach(next, i);
        return;
    }
  }

  std::string_view pattern_;
  std::vector<Item> items_;
};

/// moby's patternmatcher for one pattern and one whole path.
bool match_ignore(std::string_view pattern, std::string_view path) {
  const bool starts_double = pattern.starts_with("**");
  if (starts_double && !pattern.starts_with("**/") &&
      pattern.find_first_of("*?[\\", 2) == pattern.npos) {
    return path.ends_with(pattern.substr(2));  // "**.log" is any name that ends so
  }
  for (std::size_t at = pattern.find("**", 1); at != pattern.npos;
       at = pattern.find("**", at + 2)) {
    if (pattern[at - 1] != '/') return ParallelMatch(pattern).run(path);
  }
  return match_components(pattern, path, DoubleStar::directories);
}

/// filepath.Clean of a relative path, and no slash in front.
std::string clean_pattern(std::string_view pattern) {
  std::vector<std::string> kept;
  const bool absolute = pattern.starts_with('/');
  for (std::string& part : split(pattern, '/')) {
    if (part.empty() || part == ".") continue;
    const bool up = part == "..";
    if (up && !kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!up || !absolute) {
      kept.push_back(std::move(part));
    }
  }
  if (kept.empty()) return absolute ? "/" : ".";
  return join(kept, "/");
}

}  // namespace

bool match_path(std::string_view pattern, std::string_view name) {
  if (!well_formed(pattern)) {
    throw PatternError(ErrorKind::usage, "syntax error in pattern '{}'", printable(pattern));
  }
  return match_components(pattern, name, DoubleStar::one_component);
}

bool has_wildcard(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '*' || text[at] == '?' || text[at] == '[') {
      return true;
    }
  }
  return false;
}

IgnorePatterns IgnorePatterns::parse_file(std::string_view content) {
  static constexpr std::string_view kBom = "\xEF\xBB\xBF";
  if (content.starts_with(kBom)) content.remove_prefix(kBom.size());
  IgnorePatterns result;
  int line = 0;
  std::vector<IgnoreFileError::Fault> faults;
  for (const std::string& text : split(content, '\n')) {
    ++line;
    if (text.starts_with('#')) continue;
    try {
      result.add(text, line);
    } catch (const PatternError& error) {
      const std::string_view pattern = trim(text);
      const auto begin = static_cast<int>(pattern.data() - text.data()) + 1;
      faults.push_back({line, begin, begin + static_cast<int>(pattern.size()), error.what()});
    }
  }
  if (!faults.empty()) throw IgnoreFileError(std::move(faults));
  return result;
}

IgnorePatterns IgnorePatterns::of(const std::vector<std::string>& patterns) {
  IgnorePatterns result;
  int line = 0;
  for (const std::string& pattern : patterns)
    result.add(pattern, ++line);
  return result;
}

void IgnorePatterns::add(std::string_view text, int line) {
  text = trim(text);
  if (text.empty()) return;
  const bool negated = text.starts_with('!');
  if (negated) text = trim(text.substr(1));
  if (text.empty()) throw PatternError(ErrorKind::usage, "illegal exclusion pattern: \"!\"");
  Pattern pattern{.text = clean_pattern(text), .negated = negated, .line = line};
  if (!well_formed(pattern.text)) {
    throw PatternError(ErrorKind::usage, "syntax error in pattern '{}'", printable(text));
  }
  has_negation_ = has_negation_ || negated;
  patterns_.push_back(std::move(pattern));
}

const IgnorePatterns::Pattern* IgnorePatterns::last_match(std::string_view path) const {
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern) {
    for (std::size_t begin = 0; begin <= path.size();) {  // every parent, then the path itself
      const std::size_t end = std::min(path.find('/', begin), path.size());
      if (match_ignore(pattern->text, path.substr(0, end))) return &*pattern;
      begin = end + 1;
    }
  }
  return nullptr;
}

bool IgnorePatterns::excludes(std::string_view path) const {
  const Pattern* pattern = last_match(path);
  return pattern != nullptr && !pattern->negated;
}

std::optional<IgnorePatterns::Rule> IgnorePatterns::excluding_rule(std::string_view path) const {
  const Pattern* pattern = last_match(path);
  if (pattern == nullptr || pattern->negated) return std::nullopt;
  return Rule{pattern->text, pattern->line};
}

bool IgnorePatterns::may_reinclude_below(std::string_view path) const {
  if (!has_negation_) return false;
  const std::vector<std::string> directories =
      path.empty() ? std::vector<std::string>() : split(path, '/');
  const auto may_match_below = [&](const Pattern& pattern) {
    const std::vector<std::string> parts = split(pattern.text, '/');
    for (std::size_t i = 0; i < directories.size(); ++i) {
      // A pattern for the directory or its parents has lost already: it is excluded.
      if (i == parts.size()) return false;
      if (parts[i].find("**") != std::string::npos) return true;
      if (!well_formed(parts[i])) return true;  // brackets around a slash
      if (!match_components(parts[i], directories[i], DoubleStar::directories)) return false;
    }
    return parts.size() > directories.size();
  };
  // Only what comes behind the line that excludes the directory can bring something back.
  const Pattern* excluding = last_match(path);
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern) {
    if (pattern->negated && may_match_below(*pattern)) return true;
    if (&*pattern == excluding) return false;
  }
  return false;
}

std::string IgnorePatterns::canonical() const {
  std::string result;
  for (const Pattern& pattern : patterns_) {
    if (pattern.negated) result += '!';
    result += pattern.text;
    result += '\n';
  }
  return result;
}

}  // namespace cbuild
