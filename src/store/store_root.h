// Creates, checks and locks the directory of a store.
#pragma once

#include <string>

#include "cbuild/util/fd.h"
#include "cbuild/util/file_owners.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::store {

struct OpenedRoot {
  Fd lock;
  Ownership ownership = Ownership::real;  ///< of the files in its layers
};

/// Makes sure that there is a store in this directory, that nobody else may change it, and that
/// none of its fixed directories is missing. The lock holds the shared lock of the store; it
/// is empty when there is no lock file because the file system is read-only.
/// @throws Error, and changes nothing, when it is not a store, or has another format or owner
OpenedRoot open_root(const std::string& path, const CancelToken* cancel);

/// What the version of the store says now: another process may have turned it. @throws Error
Ownership read_ownership(const std::string& path);

/// Turns a store into one whose owners are records: an older cbuild refuses it from then on.
void write_recorded_version(const std::string& path);

}  // namespace cbuild::store
