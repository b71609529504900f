// The rules of --check: names, summaries, where each is explained.
#pragma once

#include <span>
#include <string>
#include <string_view>

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

}  // namespace cbuild::frontend
