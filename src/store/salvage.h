// Checks a database without opening the store, and copies the readable rows of a damaged one.
#pragma once

#include <optional>
#include <string>

namespace cbuild::store {

/// Runs `PRAGMA integrity_check` and checks the types of all columns. @return what is wrong with
/// the database at `path`; nullopt when it is intact. @throws Error when it is busy or cannot be
/// read
std::optional<std::string> problem_of_database(const std::string& path);

/// Replaces the database at `path` by a new one with all rows that can be read and are valid. The
/// damaged one is kept as `path`.damaged. No other process may use the store.
void salvage_database(const std::string& path);

}  // namespace cbuild::store
