// The parts that --mount, -v and --tmpfs have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/cli/container_flags/mount_request.h"

namespace cbuild::cli {

/// The path in the container, cleaned. @throws Error(usage) when it is not absolute, or is "/"
std::string mount_target(std::string_view path);

/// Passes a volume's name through: [a-zA-Z0-9][a-zA-Z0-9_.-]+. @throws Error(usage)
std::string volume_name(std::string_view name);

/// "rslave" and so on; nullopt for another word.
std::optional<MountRequest::Propagation> propagation_of(std::string_view word);

/// An octal number of at most 07777. @throws Error(usage)
std::uint32_t mount_mode(std::string_view key, std::string_view text);

}  // namespace cbuild::cli
