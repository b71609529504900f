// Reads the options of --check; see check_options.h.
#include "frontend/dockerfile/lint/check_options.h"

#include <optional>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/options.h"
#include "cbuild/frontend/rules.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"

namespace cbuild::frontend {

namespace {

constexpr const char* kBuildArgument = "BUILDKIT_DOCKERFILE_CHECK";

std::set<std::string, std::less<>> names_in(std::string_view text) {
  std::set<std::string, std::less<>> names;
  for (const std::string& name : split(text, ','))
    if (!trim(name).empty()) names.emplace(trim(name));
  return names;
}

bool parse_bool(std::string_view option, std::string_view text) {
  const std::string lower = to_lower(text);
  if (lower == "true" || lower == "t" || lower == "1") return true;
  if (lower == "false" || lower == "f" || lower == "0") return false;
  throw Error(ErrorKind::usage, "failed to parse check option \"{}\" (want error=true or false)",
              printable(option));
}

/// "skip=A" of "skip=A // for B": what stands behind a blank explains, unless the blank is one
/// beside a separator.
std::string_view without_remark(std::string_view text) {
  static constexpr std::string_view kSeparators = "=,; ";
  for (std::size_t at = text.find(' '); at < text.size(); at = text.find(' ', at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    const std::size_t next = text.find_first_not_of(' ', at);
    if (next != text.npos && kSeparators.find(text[next]) == kSeparators.npos &&
        kSeparators.find(before) == kSeparators.npos) {
      return text.substr(0, at);
    }
  }
  return text;
}

/// "skip=A" of a comment "check = skip=A"; nullopt for any other comment.
std::optional<std::string_view> check_in(std::string_view comment) {
  const auto equals = comment.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  if (!equals_ignoring_case(trim(comment.substr(0, equals)), "check")) return std::nullopt;
  return without_remark(trim(comment.substr(equals + 1)));
}

}  // namespace

bool CheckOptions::wants(const Rule& rule) const {
  if (skip_all || skip.contains(rule.name)) return false;
  return !rule.experimental || experimental_all || experimental.contains(rule.name);
}

CheckOptions parse_check_options(std::string_view text) {
  CheckOptions options;
  for (const std::string& part : split(text, ';')) {
    if (trim(part).empty()) continue;
    const auto equals = part.find('=');
    const std::string_view key = trim(std::string_view(part).substr(0, equals));
    if (equals == std::string::npos || (key != "skip" && key != "error" && key != "experimental")) {
      throw Error(ErrorKind::usage,
                  "invalid check option \"{}\" (want skip=RULES, error=true or experimental=RULES)",
                  printable(trim(part)));
    }
    const std::string_view value = trim(std::string_view(part).substr(equals + 1));
    if (key == "error") {
      options.error = parse_bool(trim(part), value);
    } else if (key == "skip") {
      options.skip_all = value == "all";
      options.skip = names_in(value);
    } else {
      options.experimental_all = value == "all";
      options.experimental = names_in(value);
    }
  }
  return options;
}

CheckOptions check_options_of(const Ast& ast, const Options& options) {
  if (const auto given = options.build_args.find(kBuildArgument);
      given != options.build_args.end()) {
    return with_context(fmt::format("--build-arg {}", kBuildArgument),
                        [&] { return parse_check_options(given->second); });
  }
  if (!ast.directives.check) return {};
  try {
    return parse_check_options(without_remark(ast.directives.check->text));
  } catch (const Error& error) {
    throw DockerfileError(ast.directives.check->range, error.what());
  }
}

CheckOptions check_options_above(const ast::Info& instruction) {
  CheckOptions all;
  for (const ast::Word& comment : instruction.comments) {
    const auto text = check_in(comment.text);
    if (!text) continue;
    try {
      CheckOptions options = parse_check_options(*text);
      all.skip_all = all.skip_all || options.skip_all;
      all.skip.merge(options.skip);
    } catch (const Error&) {  // an ordinary comment that looks like one
      continue;
    }
  }
  return all;
}

}  // namespace cbuild::frontend
