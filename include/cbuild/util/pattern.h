// Wildcards as Go's path/filepath.Match, and ignore files as moby's patternmatcher.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cbuild/util/error.h"

namespace cbuild {

/// A pattern is malformed. Kind: usage.
struct PatternError : Error {
  using Error::Error;
};

/// filepath.Match: '*' and '?' never match '/', [a-z], [^a], backslash escapes. @throws
/// PatternError
bool match_path(std::string_view pattern, std::string_view name);

/// Whether `text` holds an unescaped wildcard of match_path.
bool has_wildcard(std::string_view text);

/// Lines of an ignore file that are no patterns.
class IgnoreFileError : public Error {
 public:
  struct Fault {
    int line = 0;        ///< 1-based
    int column = 0;      ///< of the pattern; bytes, 1-based
    int end_column = 0;  ///< one past it
    std::string message;
  };

  /// @pre there is a fault
  explicit IgnoreFileError(std::vector<Fault> faults)
      : Error(ErrorKind::usage, "line {}: {}", faults.front().line, faults.front().message),
        faults_(std::move(faults)) {}

  const std::vector<Fault>& faults() const noexcept { return faults_; }

 private:
  std::vector<Fault> faults_;
};

/// The patterns of a .dockerignore (or of --exclude): order counts, the last match wins, '!'
/// re-includes, '**' crosses '/'. Immutable after construction, thread-safe.  Source:
/// moby/patternmatcher.
class IgnorePatterns {
 public:
  IgnorePatterns() = default;

  /// Reads an ignore file: BOM, CR, comments (# in column 0), blanks, '!'. @throws
  /// IgnoreFileError
  static IgnorePatterns parse_file(std::string_view content);

  /// One pattern an element, as given to --exclude.
  static IgnorePatterns of(const std::vector<std::string>& patterns);

  bool empty() const noexcept { return patterns_.empty(); }

  /// Whether `path` (relative, no leading slash, clean) is excluded; an excluded parent directory
  /// excludes it too.
  bool excludes(std::string_view path) const;

  /// A pattern, cleaned, and its 1-based line.
  struct Rule {
    std::string text;
    int line = 0;
  };

  /// What excludes `path`; nullopt when nothing does.
  std::optional<Rule> excluding_rule(std::string_view path) const;

  /// Whether something beneath the excluded directory `path` ("" = all there is) may be
  /// re-included: if not, the walk need not enter it.
  bool may_reinclude_below(std::string_view path) const;

  /// The patterns as they count, '!' included, one a line: for cache keys.
  std::string canonical() const;

 private:
  struct Pattern {
    std::string text;
    bool negated = false;
    int line = 0;
  };

  void add(std::string_view text, int line);
  const Pattern* last_match(std::string_view path) const;

  std::vector<Pattern> patterns_;
  bool has_negation_ = false;
};

}  // namespace cbuild
