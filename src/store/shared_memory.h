// Replacements of system calls that SQLite makes for its shared memory (store.db-shm), which are
// safe on a full disk. Both have the contract of the call that they replace.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace cbuild::store {

/// mmap(2). SQLite asks for one block in each 4 KiB of the file: where blocks are smaller, touching
/// the others ends the process with SIGBUS once the disk is full. Here all are taken first, or the
/// call fails with ENOSPC.
void* map_with_all_blocks(
    void* address, std::size_t length, int protection, int flags, int fd, off_t offset);

/// ftruncate(2). The first process that opens the database cuts the file to three bytes and lets it
/// grow again. Here it is filled with zeros instead, which comes to the same and keeps the blocks.
int truncate_or_clear(int fd, off_t size);

}  // namespace cbuild::store
