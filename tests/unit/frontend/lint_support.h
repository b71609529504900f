// What the tests of rules share: a context of few files, and findings as text.
#pragma once

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/frontend/check.h"
#include "cbuild/frontend/check_result.h"
#include "cbuild/frontend/context_files.h"
#include "cbuild/frontend/image_resolver.h"
#include "cbuild/frontend/options.h"
#include "cbuild/util/text.h"
#include "tests/support/fake_resolver.h"

namespace cbuild::test::lint {

using namespace cbuild::frontend;

/// A build context of few files.
class FakeContext final : public ContextFiles {
 public:
  bool is_ignored(const std::string& path) const override {
    return std::ranges::find(ignored, path) != ignored.end();
  }

  std::optional<std::uint64_t> size_of(const std::string& path) const override {
    if (is_directory(path)) {
      std::uint64_t sum = 0;
      for (const auto& [name, size] : files)
        if (path.empty() || name.starts_with(path + "/")) sum += size;
      return sum;
    }
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  }

  bool is_directory(const std::string& path) const override {
    return path.empty() || std::ranges::any_of(files, [&](const auto& file) {
             return file.first.starts_with(path + "/");
           });
  }

  std::map<std::string, std::uint64_t> files = {
      {"run.sh", 1200}, {"src/main.c", 3000}, {"src/lib/a.c", 2000}, {"package.json", 100}};
  std::vector<std::string> ignored = {"secret.txt", "node_modules"};
};

inline const FakeContext kContext;

inline Options options_for_test() {
  Options options;
  options.platform = options.build_platform = oci::Platform::parse("linux/amd64");
  options.context_files = &kContext;
  return options;
}

/// "LINE RULE: MESSAGE" each.
inline std::vector<std::string> findings_of(const std::string& text,
                                            const Options& options = options_for_test()) {
  FakeResolver resolver;
  resolver.configs["shell:1"] = FakeResolver::config_of("shell:1");
  resolver.configs["shell:1"].config.shell = {"/bin/bash", "-c"};
  const CheckResult result = check(text, options, resolver);
  std::vector<std::string> lines;
  for (const Diagnostic& one : result.findings)
    lines.push_back(fmt::format("{} {}: {}", one.range.line, one.rule, one.message));
  if (result.error) lines.push_back(fmt::format("error: {}", result.error->what()));
  return lines;
}

inline std::string first_finding(const std::string& text,
                                 const Options& options = options_for_test()) {
  const std::vector<std::string> lines = findings_of(text, options);
  return lines.empty() ? "" : lines.front();
}

inline bool finds(const std::string& rule, const std::string& text) {
  const std::vector<std::string> lines = findings_of(text);
  CAPTURE(join(lines, "\n"));
  return std::ranges::any_of(lines, [&](const std::string& line) {
    return line.find(" " + rule + ": ") != std::string::npos;
  });
}

}  // namespace cbuild::test::lint
