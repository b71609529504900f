// Environment variables.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace cbuild::cli {

/// Value of an environment variable; nullopt when unset.
using EnvironmentLookup = std::function<std::optional<std::string>(const char* name)>;

/// Looks in the environment of this process.
std::optional<std::string> process_environment(const char* name);

}  // namespace cbuild::cli
