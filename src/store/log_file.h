// The file of the write-ahead log. SQLite owns its content
// (https://sqlite.org/fileformat2.html#walformat) and by design ignores all of it from the first
// wrong checksum on; docs/store.md says what we make of that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cbuild::store {

/// Size of the log of the database at this path; 0 when there is none.
std::uint64_t log_size(const std::string& database);

/// Whether the disk has enough room for the log to be truncated and to grow again later.
bool may_truncate_log(const std::string& database);

/// Called when the log was written to and, as far as possible, checkpointed. Allocates blocks in
/// advance (fallocate(2)), so that a prune can write its transactions on a full disk, and records
/// how much of the log is needed. Ignores failures.
void settle_log(const std::string& database) noexcept;

/// Whether something is missing that was in the log: its header is damaged, a transaction stands
/// behind a damaged page, or it is shorter than noted. What a killed process did not finish is no
/// damage. May be wrong while others write. @throws Error when it cannot be read.
bool log_lacks_something(const std::string& database);

/// The check of log_lacks_something() on the bytes of a log.
bool is_damaged_log(std::string_view log);

}  // namespace cbuild::store
