// Checks a Dockerfile without building it; see check.h.
#include "cbuild/frontend/check.h"

#include <algorithm>
#include <iterator>

#include "cbuild/frontend/check_result.h"
#include "cbuild/frontend/dockerfile.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/lint/rule_id.h"

namespace cbuild::frontend {

CheckResult check(std::string_view text, const Options& options, ImageResolver& resolver) {
  std::optional<Dockerfile> dockerfile;
  try {
    dockerfile.emplace(std::string(text));
  } catch (const DockerfileError& error) {
    CheckResult result;
    result.error = error;
    return result;
  }
  return dockerfile->check(options, resolver);
}

std::vector<Diagnostic> violations_among(std::span<const Diagnostic> findings) {
  std::vector<Diagnostic> violations;
  std::ranges::copy_if(findings, std::back_inserter(violations),
                       [](const Diagnostic& finding) { return is_of_buildkit(finding.rule); });
  return violations;
}

std::string text_of(std::span<const Diagnostic> violations) {
  std::vector<std::string> names;
  for (const Diagnostic& one : violations) {
    if (std::ranges::find(names, one.rule) == names.end()) names.push_back(one.rule);
  }
  return "lint violation found for rules: " + join(names, ", ");
}

}  // namespace cbuild::frontend
