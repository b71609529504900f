// Files of web servers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cbuild/util/io.h"

namespace cbuild::registry {

/// The version of a fetched file: the headers ETag and Last-Modified, verbatim.
struct FileVersion {
  std::string etag;
  std::string last_modified;
};

/// A file of a web server; reading it is reading its content. What is cut off is gone on with,
/// where the server tells that it is still the same file. Not thread-safe.
class Download : public Source {
 public:
  /// The server says that the file is of the version asked about; there is no content.
  virtual bool not_modified() const = 0;
  virtual const FileVersion& version() const = 0;
  /// Of version().last_modified, seconds since 1970; nullopt when there is none.
  virtual std::optional<std::int64_t> modified() const = 0;
  virtual std::optional<std::uint64_t> size() const = 0;
};

}  // namespace cbuild::registry
