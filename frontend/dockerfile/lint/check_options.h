// The options of --check, which select rules: `# check=skip=A,B;error=true;experimental=C`.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace cbuild::frontend {

namespace ast {
struct Info;
}

struct Ast;
struct Options;
struct Rule;

struct CheckOptions {
  bool skip_all = false;
  bool experimental_all = false;
  bool error = false;  ///< what is found fails the build
  std::set<std::string, std::less<>> skip;
  std::set<std::string, std::less<>> experimental;

  bool wants(const Rule& rule) const;
};

/// Reads what stands after "check=". Names of rules that do not exist are of no effect.
/// @throws Error(usage) for a key or value it does not know
CheckOptions parse_check_options(std::string_view text);

/// The options in force: the build argument BUILDKIT_DOCKERFILE_CHECK, else the directive.
/// @throws DockerfileError at the directive, Error(usage) for the build argument
CheckOptions check_options_of(const Ast& ast, const Options& options);

/// What comments right above the instruction (`# check=skip=A,B`) silence.
CheckOptions check_options_above(const ast::Info& instruction);

}  // namespace cbuild::frontend
