// Opens paths inside a root file system that is not trusted. Every such path goes through here
// (openat2(2)).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace cbuild {

class Fd;

/// Opens `path` as a process chrooted to `root` would: absolute links and ".." stay inside, magic
/// links are refused. `flags` as open(2); O_CLOEXEC is added. @throws SysError naming the path.
Fd open_in_root(const Fd& root, std::string_view path, int flags, mode_t mode = 0);

/// The same; nullopt when the path does not exist (ENOENT, ENOTDIR).
std::optional<Fd> try_open_in_root(const Fd& root,
                                   std::string_view path,
                                   int flags,
                                   mode_t mode = 0);

/// The path that `path` comes to inside `root` when all links are followed: absolute, clean,
/// without links. The part that does not exist yet is kept as it stands. A dangling link counts as
/// the path it points to. @throws SysError (ELOOP, EACCES).
std::string resolve_in_root(const Fd& root, std::string_view path);

/// Joins `path` to `base` when it is relative and cleans the result: "." and doubled slashes go,
/// ".." goes up, not above "/". Purely textual; always absolute.
std::string clean_path(std::string_view base, std::string_view path);

}  // namespace cbuild
