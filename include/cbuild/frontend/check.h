// The rules about Dockerfiles, and what a Dockerfile offers: for --check and --call.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/frontend/dockerfile.h"

namespace cbuild::frontend {

/// A rule as people meet it.
struct Rule {
  std::string_view name;      ///< "UndefinedVar"
  std::string_view summary;   ///< one sentence, without full stop
  bool experimental = false;  ///< asked for by `# check=experimental=` only
};

/// All rules, in the order of the documentation.
std::span<const Rule> rules() noexcept;

/// nullptr when there is no such rule.
const Rule* find_rule(std::string_view name) noexcept;

/// In the sources: "docs/checks/UndefinedVar.md"
std::string page_of(std::string_view rule);

/// The address that BuildKit tells for a rule of its own, else the command that explains it.
std::string address_of(std::string_view rule);

struct CheckResult {
  std::vector<Warning> findings;         ///< in order of the file
  std::optional<DockerfileError> error;  ///< why the file cannot be built, if so
  bool findings_are_errors = false;      ///< check=error=true
};

/// Those of `findings` that fail a check, and a build with error=true: they are of BuildKit's
/// rules. What our own rules find is advice.
std::vector<Warning> violations_among(std::span<const Warning> findings);

/// What violations come to when they are errors: "lint violation found for rules: A, B".
std::string text_of(std::span<const Warning> violations);

/// Reads the Dockerfile as a build would, but every stage of it unless there is a target, and tells
/// all that is to be said. @throws Error(usage) for a wrong target or check option; what the
/// resolver throws.
CheckResult check(std::string_view dockerfile, const Options& options, ImageResolver& resolver);

/// What a target takes.
struct Outline {
  struct Argument {
    std::string name;
    std::string description;
    std::optional<std::string> value;  ///< --build-arg, else the default
    int line = 0;
  };

  /// A secret or an ssh agent.
  struct Credential {
    std::string id;
    bool required = false;
    int line = 0;
  };

  struct Cache {
    std::string id;
    int line = 0;
  };

  std::string name;  ///< of the target; empty = none
  std::string description;
  std::vector<Argument> arguments;
  std::vector<Credential> secrets;
  std::vector<Credential> ssh;
  std::vector<Cache> caches;
};

/// Of Options::target and the stages it needs; of the arguments before the first FROM those that
/// they use. @throws DockerfileError; Error(usage) when there is no such target.
Outline outline(std::string_view dockerfile, const Options& options);

/// A stage that may be built.
struct TargetInfo {
  std::string name;  ///< empty = none: built by its number, or as the last one
  std::string description;
  std::string base;      ///< as FROM has it, expanded
  std::string platform;  ///< as --platform has it; empty = that of the result
  bool is_default = false;
  int line = 0;
};

/// All stages. @throws DockerfileError
std::vector<TargetInfo> targets(std::string_view dockerfile, const Options& options);

}  // namespace cbuild::frontend
