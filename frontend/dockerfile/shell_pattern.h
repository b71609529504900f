// The patterns of ${v#p}, ${v%p} and ${v/p/r}.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::frontend {

/// A shell pattern without brackets: '*' is any text in a line, '?' one character (a byte where the
/// text is not UTF-8) but no newline, a backslash makes the next character plain, whatever the
/// escape directive says. Matching takes at most time proportional to pattern × text.
class ShellPattern {
 public:
  enum class Length { shortest, longest };

  /// nullopt when a backslash stands before a character that needs none: only * ? } / and the
  /// backslash itself do.
  static std::optional<ShellPattern> parse(std::string_view text);

  std::string without_prefix(std::string_view value, Length length) const;
  std::string without_suffix(std::string_view value, Length length) const;

  /// The first longest match replaced.
  std::string replaced_first(std::string_view value, std::string_view with) const;

  /// All longest matches replaced, from left to right. `$0` and `${0}` in `with` are what matched,
  /// `$$` is a dollar sign, every other `$name` is nothing: BuildKit leaves it to Go's regexp.
  std::string replaced_all(std::string_view value, std::string_view with) const;

 private:
  using Text = std::u32string;
  using View = std::u32string_view;

  std::optional<std::size_t> match(View text, std::size_t begin, Length length) const;
  ShellPattern reversed() const;
  std::optional<std::size_t> search(View text, std::size_t& begin) const;

  std::vector<Text> segments_{Text()};  ///< what stands between the '*'; never empty
};

}  // namespace cbuild::frontend
