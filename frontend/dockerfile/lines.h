// Reads the bytes of a Dockerfile as logical lines: directives, comments, continuations, heredocs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/graph/diagnostic.h"
#include "frontend/dockerfile/ast_parts.h"
#include "frontend/dockerfile/directives.h"

namespace cbuild::frontend {

/// One instruction as text: continuations joined, leading blanks gone. Knows where in the file each
/// of its bytes stood.
class LogicalLine {
 public:
  std::string text;
  int first_line = 0;
  int last_line = 0;
  std::vector<ast::Word> comments;  ///< right above it, in order

  /// Appends `piece`, which the file has at `line` from byte column `column` on.
  void append(std::string_view piece, int line, int column);

  /// The source range of text[begin, end). An empty range is the place before `begin`.
  graph::SourceRange range(std::size_t begin, std::size_t end) const;

  /// text[begin, end) with its place.
  ast::Word word(std::size_t begin, std::size_t end) const;

 private:
  struct Segment {
    std::size_t offset;
    int line;
    int column;
  };

  const Segment& segment_at(std::size_t offset) const;

  std::vector<Segment> segments_;
};

/// Reads a Dockerfile from top to bottom. The text must outlive it.
class LineReader {
 public:
  /// Reads the parser directives. @throws DockerfileError for a wrong or repeated one, and for
  /// bytes that no text file has.
  explicit LineReader(std::string_view text);

  const ast::Directives& directives() const noexcept { return directives_; }

  /// Warnings about the lines read so far.
  std::vector<graph::Diagnostic>& warnings() noexcept { return warnings_; }

  /// The next instruction; nullopt at the end.
  std::optional<LogicalLine> next();

  /// Fills in content and range of a heredoc whose body starts at the next line, and puts its last
  /// line into `owner`. @throws DockerfileError at `owner` when the terminator is missing
  void read_body(ast::Heredoc& heredoc, LogicalLine& owner);

 private:
  struct Line {
    std::string_view text;  ///< without its end
    std::string_view raw;   ///< with it
    int number;
  };

  std::optional<Line> next_line();
  void read_directives();
  /// Whether `line` is a directive.
  bool read_directive(const Line& line);
  void set_escape(const ast::Word& value);
  /// Removes a final "\" and blanks. True when there was one: the instruction continues.
  bool cut_continuation(std::string_view& text) const;
  void append_continuations(LogicalLine& logical);

  std::string_view text_;
  std::size_t position_ = 0;
  int line_number_ = 0;
  ast::Directives directives_;
  bool after_shebang_ = false;
  std::vector<graph::Diagnostic> warnings_;
};

}  // namespace cbuild::frontend
