// Lists the targets, arguments and secrets of a Dockerfile: for --call=outline and --call=targets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::frontend {

struct Options;

/// The inputs of a target.
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
