// A damaged database: found without the care of a store, and copied as far as it can be read.
#pragma once

#include <optional>
#include <string>

namespace cbuild::store {

/// What SQLite, or a look at the types of all columns, finds wrong with the database at `path`.
/// @throws Error when it cannot look: busy, or the disk cannot be read
std::optional<std::string> problem_of_database(const std::string& path);

/// Puts a new database in the place of the one at `path`, with all rows that can still be read and
/// make sense. The damaged one is kept as `path`.damaged. Nobody else may use the store.
void salvage_database(const std::string& path);

}  // namespace cbuild::store
