// Content of kept directories; see kept_directory.h.
#include "cbuild/store/kept_directory.h"

#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/store/draft.h"
#include "src/store/kept_layout.h"

namespace cbuild::store {

namespace {

std::optional<Fd> find_directory(const std::string& path,
                                 const Fd& parent,
                                 const std::string& name) {
  Fd fd(::openat(parent.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd) return fd;
  if (errno == ENOENT) return std::nullopt;
  throw SysError("open {} in {}", printable(name), path);
}

}  // namespace

Fd KeptDirectory::open_content(const Fill& fill) const {
  return open_or_make(directory_, kContent, fill);
}

Fd KeptDirectory::open_or_make(const Fd& parent, const std::string& name, const Fill& fill) const {
  if (auto found = find_directory(path_, parent, name)) return std::move(*found);
  {
    const Draft draft(directory_, path_);
    fill(draft.fd());
    draft.publish(parent, name);
  }
  if (auto found = find_directory(path_, parent, name)) return std::move(*found);
  throw Error("{} was removed from {} while it was made", printable(name), path_);
}

void KeptDirectory::set_record(std::string_view text) const {
  write_file_atomically(fmt::format("{}/{}", path_, kRecord), text, 0600);
}

void KeptDirectory::clear() const {
  for (const DirectoryEntry& entry : list_directory(directory_.get()))
    remove_tree(directory_.get(), entry.name);
}

}  // namespace cbuild::store
