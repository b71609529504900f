// Opens files that are read from beginning to end. A FIFO, a socket or a device in a folder of
// somebody else must neither stop the program nor notice that it was opened.
#pragma once

#include <optional>
#include <string>

namespace cbuild {

class Fd;

/// Opens a regular file (or /dev/null, which is an empty one), following links.
/// @throws SysError when it cannot be opened, Error for other kinds of files
Fd open_regular(const std::string& path);
/// The same; nullopt when there is none.
std::optional<Fd> try_open_regular(const std::string& path);

/// Opens what the user named to be read: a file, a pipe such as <(command), a terminal. A FIFO is
/// waited for, but not longer than some seconds when nobody opens it to write.
/// @throws Interrupted, SysError, Error for directories and FIFOs that nobody writes to
Fd open_input(const std::string& path);

}  // namespace cbuild
