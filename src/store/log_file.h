// The write-ahead log of the database as a file. SQLite owns its content; docs/store.md says what
// we want of it.
#pragma once

#include <string>

namespace cbuild::store {

/// @param database  path of the database; its log is beside it
std::string log_of(const std::string& database);

/// Its size; 0 when it is missing.
std::uint64_t log_size(const std::string& database);

/// Whether there is so much room that the log may give back its blocks and take new ones.
bool may_truncate_log(const std::string& database);

/// Takes blocks for the log in advance, so that a removal can be written down on a full disk.
/// Nothing when it has them. One that the disk has no room for is left as it is.
void reserve_log(const std::string& database) noexcept;

}  // namespace cbuild::store
