// Formats the findings of the rules as text; see findings_text.h.
#include "src/cli/findings_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "cbuild/build/request.h"
#include "cbuild/frontend/excerpt.h"
#include "cbuild/frontend/rules.h"
#include "cbuild/graph/diagnostic.h"
#include "cbuild/util/text.h"
#include "src/cli/progress_text.h"

namespace cbuild::cli {

namespace {

constexpr std::size_t kMaxShown = 100;

template <typename Show>
std::string each(const std::vector<graph::Diagnostic>& findings, Show&& show) {
  std::string text;
  const std::size_t count = std::min(findings.size(), kMaxShown);
  for (std::size_t i = 0; i < count; ++i)
    text += show(findings[i]);
  if (count < findings.size()) text += fmt::format("\n… and {} more\n", findings.size() - count);
  return text;
}

std::string place_of(const graph::Diagnostic& finding, const build::Request& request) {
  return printable_lines(
      frontend::excerpt(request.dockerfile_name, request.dockerfile, finding.range));
}

}  // namespace

std::string warnings_text(const std::vector<graph::Diagnostic>& findings,
                          const build::Request& request) {
  return each(findings, [&](const graph::Diagnostic& finding) {
    return place_of(finding, request) +
           fmt::format("cbuild: warning: {0}: {1}\nhint: 'cbuild help {0}' explains it\n\n",
                       printable(finding.rule), printable(finding.message));
  });
}

std::string check_text(const std::vector<graph::Diagnostic>& findings,
                       const build::Request& request) {
  return fmt::format("Check complete, {}\n", count_text(findings.size())) +
         each(findings, [&](const graph::Diagnostic& finding) {
           return fmt::format("\nWARNING: {} - {}\n{}\n{}", printable(finding.rule),
                              frontend::address_of(finding.rule), printable(finding.message),
                              place_of(finding, request));
         });
}

std::string count_text(std::size_t count) {
  if (count == 0) return "no warnings found.";
  if (count == 1) return "1 warning has been found!";
  return fmt::format("{} warnings have been found!", count);
}

}  // namespace cbuild::cli
