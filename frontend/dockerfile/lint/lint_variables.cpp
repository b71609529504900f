// Rules about ARG, ENV and their use.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/lint/checks.h"
#include "frontend/dockerfile/lint/findings.h"
#include "frontend/dockerfile/lint/lint_input.h"
#include "frontend/dockerfile/messages.h"
#include "frontend/dockerfile/observations.h"

namespace cbuild::frontend {

namespace {

/// Words that a secret's name is made of, and words that tell that it is none.
constexpr auto kSecretWords =
    std::to_array<std::string_view>({"apikey", "auth", "credential", "credentials", "key",
                                     "password", "pword", "passwd", "secret", "token"});
constexpr auto kHarmlessWords = std::to_array<std::string_view>({"public", "file", "version"});

/// Ends of names that base images set: PYTHON_VERSION, JAVA_HOME, GOPATH.
constexpr auto kNamesOfBases = std::to_array<std::string_view>({"PATH", "HOME", "VERSION"});

/// Switches of BuildKit that are read from the file, not from the environment.
constexpr auto kSwitches =
    std::to_array<std::string_view>({"BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"});

template <typename Words>
bool holds_any(const std::vector<std::string>& parts, const Words& words) {
  return std::ranges::any_of(parts, [&](const std::string& part) {
    return std::ranges::find(words, part) != words.end();
  });
}

bool names_secret(std::string_view name) {
  const std::vector<std::string> parts = split(to_lower(name), '_');
  return holds_any(parts, kSecretWords) && !holds_any(parts, kHarmlessWords);
}

void check_secret(std::string_view keyword, const ast::Word& name, Findings& findings) {
  if (!names_secret(name.text)) return;
  findings.add(RuleId::secrets_used_in_arg_or_env, name.range,
               fmt::format("Do not use ARG or ENV instructions for sensitive data ({} {})", keyword,
                           quoted(name.text)));
}

/// Of a base image that is not here, these are likely.
bool may_be_of_base(const UnsetVariable& unset) {
  if (unset.base_known || !unset.suggestion.empty()) return false;
  return std::ranges::any_of(kNamesOfBases,
                             [&](std::string_view end) { return unset.name.ends_with(end); });
}

}  // namespace

void check_undefined_variables(const LintInput& input, Findings& findings) {
  for (const UnsetVariable& unset : input.seen.unset_in_from) {
    const std::string advice =
        unset.suggestion.empty() ? "" : fmt::format(" (did you mean {}?)", unset.suggestion);
    findings.add(RuleId::undefined_arg_in_from, unset.range,
                 fmt::format("FROM argument '{}' is not declared{}", unset.name, advice));
  }
  std::set<std::pair<int, std::string>> told;  // once an instruction
  for (const UnsetVariable& unset : input.seen.unset) {
    if (unset.name == "PATH" || may_be_of_base(unset) ||
        std::ranges::find(kSwitches, unset.name) != kSwitches.end())
      continue;
    if (!told.emplace(unset.instruction_line, unset.name).second) continue;
    const std::string advice =
        unset.suggestion.empty() ? "" : fmt::format(" (did you mean ${}?)", unset.suggestion);
    findings.add(RuleId::undefined_var, unset.range,
                 fmt::format("Usage of undefined variable '${}'{}", unset.name, advice));
  }
}

void check_secrets(const LintInput& input, Findings& findings) {
  for (const ast::Instruction& instruction : input.ast.instructions) {
    if (const auto* arg = std::get_if<ast::Arg>(&instruction)) {
      for (const ast::ArgDeclaration& declaration : arg->declarations)
        check_secret("ARG", declaration.name, findings);
    } else if (const auto* env = std::get_if<ast::Env>(&instruction)) {
      for (const ast::KeyValue& pair : env->values)
        check_secret("ENV", pair.key, findings);
    }
  }
}

}  // namespace cbuild::frontend
