// How much room a directory tree takes on disk.
#pragma once

#include <cstdint>
#include <string>

namespace cbuild::store {

/// Allocated bytes of the tree `name` beneath `dirfd`; files with several hard links in the tree
/// count once. Files that cannot be read count as zero.
std::uint64_t disk_usage(int dirfd, const std::string& name);

}  // namespace cbuild::store
