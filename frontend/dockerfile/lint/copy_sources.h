// COPY and ADD as the rules see them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cbuild::frontend {

namespace ast {
struct Instruction;
struct Transfer;
}  // namespace ast

struct CopySources {
  const ast::Transfer* transfer = nullptr;
  bool is_add = false;
  bool from_context = false;  ///< no --from
};

/// nullopt for other instructions.
std::optional<CopySources> copy_sources(const ast::Instruction& instruction);

/// A source as a path beneath the context: "./a/" is "a", "/" and "." are "".
std::string context_path(std::string_view source);

/// A URL or a git repository.
bool is_remote(std::string_view source);

}  // namespace cbuild::frontend
