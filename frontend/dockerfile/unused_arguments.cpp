// Finds unused build arguments; see unused_arguments.h.
#include "frontend/dockerfile/unused_arguments.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "cbuild/frontend/options.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/variables.h"

namespace cbuild::frontend {

namespace {

/// Arguments that need no ARG to be of use, besides the predefined ones.
constexpr auto kBuiltInArguments = std::to_array<std::string_view>(
    {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy", "source_date_epoch"});

}  // namespace

std::vector<std::string> unused_arguments(const Ast& ast,
                                          const Options& options,
                                          const Variables& globals,
                                          const std::vector<std::string>& consumed) {
  std::set<std::string> used(consumed.begin(), consumed.end());
  const auto add = [&](const ast::Instruction& instruction) {
    if (const auto* arg = std::get_if<ast::Arg>(&instruction)) {
      for (const ast::ArgDeclaration& declaration : arg->declarations)
        used.insert(declaration.name.text);
    }
  };
  for (const ast::Instruction& instruction : ast.instructions) {
    add(instruction);
    if (const auto* onbuild = std::get_if<ast::Onbuild>(&instruction))
      add(onbuild->trigger->instruction);
  }
  std::vector<std::string> unused;
  for (const auto& [name, value] : options.build_args) {
    const std::string lower = to_lower(name);
    const bool built_in = globals.find(name) || lower.starts_with("buildkit_") ||
                          std::ranges::find(kBuiltInArguments, lower) != kBuiltInArguments.end();
    if (!built_in && !used.contains(name)) unused.push_back(name);
  }
  return unused;
}

}  // namespace cbuild::frontend
