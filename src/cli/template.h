// Templates of --format, in Go's language.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace cbuild::cli {

class Value;

/// One template, which may be executed often. A subset of Go's text/template with docker's
/// functions: fields ({{.A.B}}, {{$.A}}), variables, pipelines, parentheses, constants, if, range,
/// with, else, comments and trim markers; the functions are in template/functions.cpp. Whatever is
/// not in the subset is refused by name.
///
/// Fields: of a record, one that it has not is an error that names those that it has; of a map it
/// prints "<no value>". A field of nil is an error, of "<no value>" it is that again.
///
/// Safe for templates of others: nesting, steps and the text made are bounded, files and programs
/// are out of reach. What it prints may have characters of the data that a terminal would obey: the
/// caller passes it through printable_lines() where it writes to one.
class Template {
 public:
  /// What becomes of the two letters \t and \n between the actions.
  enum class Escapes {
    kept,      ///< as docker's inspect has it
    replaced,  ///< by tab and newline, as docker's lists have it
  };

  /// @throws Error(usage) "template parsing error: line 1, column 3: …", as all its members
  static Template parse(std::string_view text, Escapes escapes = Escapes::kept);

  std::string render(const Value& data) const;

  /// As render(), of headings instead of values: functions that change a text return it as it is.
  std::string render_headings(const Value& headings) const;

 private:
  struct Parsed;

  explicit Template(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}

  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace cbuild::cli
