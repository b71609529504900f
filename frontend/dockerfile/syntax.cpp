// Checks the `# syntax=` directive; see syntax.h.
#include "frontend/dockerfile/syntax.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/options.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/directives.h"

namespace cbuild::frontend {

namespace {

constexpr auto kKnown = std::to_array<std::string_view>(
    {"docker/dockerfile", "docker/dockerfile-upstream", "docker/dockerfile-master"});

/// Whatever the tag or digest: "docker.io/docker/dockerfile:1.7-labs".
bool is_known(std::string_view frontend) {
  static constexpr std::string_view kRegistry = "docker.io/";
  if (frontend.starts_with(kRegistry)) frontend.remove_prefix(kRegistry.size());
  frontend = frontend.substr(0, frontend.find_first_of(":@"));
  return std::ranges::find(kKnown, frontend) != kKnown.end();
}

constexpr std::string_view kSpace = " \t\r\n";

/// The rest of `text` after `NAME separator` at its start, without outer blanks.
std::optional<std::string_view> after_name(std::string_view text,
                                           std::string_view name,
                                           char separator) {
  text = trim(text);
  if (!equals_ignoring_case(text.substr(0, name.size()), name)) return std::nullopt;
  text = trim(text.substr(name.size()));
  if (!text.starts_with(separator)) return std::nullopt;
  return trim(text.substr(1));
}

std::optional<std::string> named_frontend(std::string_view text) {
  text.remove_prefix(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  if (text.starts_with("#!")) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  while (text.starts_with("//")) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const auto value = after_name(text.substr(2, end - 2), "syntax", '='))
      return std::string(value->substr(0, value->find_first_of(kSpace)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const std::size_t member = trim(text).starts_with('{') ? text.find("\"syntax\"") : text.npos;
  if (member == text.npos) return std::nullopt;
  const auto value = after_name(text.substr(member), "\"syntax\"", ':');
  if (!value || !value->starts_with('"')) return std::nullopt;
  return std::string(value->substr(1, value->find('"', 1) - 1));
}

}  // namespace

std::optional<std::string> foreign_frontend(std::string_view text) {
  auto frontend = named_frontend(text);
  if (frontend && is_known(*frontend)) frontend.reset();
  return frontend;
}

std::optional<Diagnostic> check_syntax(const ast::Directives& directives, const Options& options) {
  const auto given = options.build_args.find("BUILDKIT_SYNTAX");
  const bool overridden = given != options.build_args.end() && !given->second.empty();
  if (!overridden && !directives.syntax) return std::nullopt;
  const std::string& value = overridden ? given->second : directives.syntax->text;
  const std::string frontend = value.substr(0, value.find(' '));
  if (is_known(frontend)) return std::nullopt;
  return Diagnostic{
      .severity = Severity::warning,
      .rule = "UnknownSyntax",
      .range = directives.syntax
                   ? directives.syntax->range
                   : SourceRange{.line = 1, .last_line = 1, .column = 0, .end_column = 0},
      .message =
          fmt::format("cbuild does not run the frontend {}: it reads the file as a Dockerfile",
                      printable(frontend))};
}

}  // namespace cbuild::frontend
