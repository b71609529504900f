// Shared by the progress displays: formats times, and splits the output of steps into lines.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::cli {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// Where a display writes to, and its clock (seconds, monotonic).
struct DisplayOutput {
  std::function<void(std::string_view)> write;
  std::function<double()> now;
};

/// One line of a step's output as it may be shown: escape sequences are gone, a carriage return
/// starts the line anew, tabs are blanks, the rest is printable().
std::string clean_line(std::string_view line);

/// Each line of `text` made printable; ends in a newline. What people are shown of texts that may
/// hold anything.
std::string printable_lines(std::string_view text);

/// A label on one line, printable.
std::string clean_label(std::string_view label);

/// The label of a step, its group in front of it, on one line and printable: "vote [1/5] FROM x".
std::string step_label(std::string_view label, std::string_view group);

/// Puts lines together from the pieces in which they are read. Lines longer than 16 KiB are cut.
class LineAssembler {
 public:
  /// The lines, cleaned, that `text` ends.
  std::vector<std::string> feed(std::string_view text);
  /// What is left: 0 or 1 lines.
  std::vector<std::string> finish();

  /// The line as far as it has come, cleaned.
  std::string unfinished() const { return clean_line(pending_); }

 private:
  std::string pending_;
};

}  // namespace cbuild::cli
