// Creates, checks and locks the directory of a store.
#pragma once

#include <string>

namespace cbuild {
class CancelToken;
class Fd;
}  // namespace cbuild

namespace cbuild::store {

/// Makes sure that there is a store in this directory, that nobody else may change it, and that
/// none of its fixed directories is missing. The descriptor holds the shared lock of the store; it
/// is empty when there is no lock file because the file system is read-only.
/// @throws Error, and changes nothing, when it is not a store, or has another format or owner
Fd open_root(const std::string& path, const CancelToken* cancel);

}  // namespace cbuild::store
