// Copies the bytes of one file, as fast as the file systems allow.
#pragma once

#include <sys/types.h>

#include <string>

namespace cbuild {

class CancelToken;
class Fd;

/// Copies from the position of `from` to its end: large files as a reflink or by copy_file_range(2)
/// where that is possible. Thread-safe.
/// @param size  of the file, as far as it is known: decides how, not how much
/// @param name  for messages
/// @throws SysError, Interrupted
void copy_content(
    const Fd& from, const Fd& to, off_t size, const std::string& name, const CancelToken& cancel);

}  // namespace cbuild
