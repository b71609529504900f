// The files of an imported root file system.
#pragma once

#include <cstdint>
#include <string>

namespace cbuild::store {
class ActiveSnapshot;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::image {

/// Puts the files of `path`, a directory or a tar in any compression ("-" = standard input), into
/// `active`. @return the latest time of a file, seconds since 1970
/// @throws Error(usage) when there is no such path, Error, Interrupted
std::int64_t import_files(const std::string& path,
                          const store::ActiveSnapshot& active,
                          const CancelToken& cancel);

}  // namespace cbuild::image
