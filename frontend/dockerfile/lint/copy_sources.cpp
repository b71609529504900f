// COPY and ADD as the rules see them; see copy_sources.h.
#include "frontend/dockerfile/lint/copy_sources.h"

#include <vector>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"

namespace cbuild::frontend {

std::optional<CopySources> copy_sources(const ast::Instruction& instruction) {
  if (const auto* copy = std::get_if<ast::Copy>(&instruction))
    return CopySources{&copy->transfer, false, !copy->from};
  if (const auto* add = std::get_if<ast::Add>(&instruction))
    return CopySources{&add->transfer, true, true};
  return std::nullopt;
}

std::string context_path(std::string_view source) {
  std::vector<std::string> parts;
  for (std::string& part : split(source, '/')) {
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(std::move(part));
  }
  return join(parts, "/");
}

bool is_remote(std::string_view source) {
  return source.find("://") != std::string_view::npos || source.starts_with("git@");
}

}  // namespace cbuild::frontend
