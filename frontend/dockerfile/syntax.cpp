// Judges the `# syntax=` directive: see syntax.h.
#include "frontend/dockerfile/syntax.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "cbuild/util/text.h"

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

}  // namespace

std::optional<Warning> check_syntax(const ast::Directives& directives, const Options& options) {
  const auto given = options.build_args.find("BUILDKIT_SYNTAX");
  const bool overridden = given != options.build_args.end() && !given->second.empty();
  if (!overridden && !directives.syntax) return std::nullopt;
  const std::string& value = overridden ? given->second : directives.syntax->text;
  const std::string frontend = value.substr(0, value.find(' '));
  if (is_known(frontend)) return std::nullopt;
  return Warning{
      .rule = "UnknownSyntax",
      .message = fmt::format("the frontend {} is not run: the file is read as a "
                             "Dockerfile",
                             printable(frontend)),
      .range = directives.syntax
                   ? directives.syntax->range
                   : SourceRange{.line = 1, .last_line = 1, .column = 0, .end_column = 0}};
}

}  // namespace cbuild::frontend
