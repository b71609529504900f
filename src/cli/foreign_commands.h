// Commands of docker, its plugins, podman, buildah and kaniko, with hints to cbuild's own.
#pragma once

#include <span>
#include <string_view>

namespace cbuild::cli {

/// A command of another program. What has it as its name is no build context.
struct ForeignCommand {
  std::string_view name;
  std::string_view instead;  ///< what to do here; may be empty
};

std::span<const ForeignCommand> foreign_commands() noexcept;
/// nullptr when nobody has such a command.
const ForeignCommand* find_foreign_command(std::string_view name) noexcept;

}  // namespace cbuild::cli
