// Files of a selection; see selected_file.h.
#include "src/ops/selected_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "cbuild/layer/archive.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/text.h"
#include "src/ops/file_identity.h"

namespace cbuild::ops {

Fd open_selected(const SelectedEntry& entry, const FileTree& tree) {
  // Non-blocking: a file that turned into a FIFO must not stop the build.
  Fd file = tree.root.open(entry.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  check_unchanged(file, entry, tree);
  return file;
}

void check_unchanged(const Fd& file, const SelectedEntry& entry, const FileTree& tree) {
  struct stat status {};

  if (::fstat(file.get(), &status) != 0) throw SysError("stat {}", entry.path);
  const bool same = FileIdentity::of(status) == FileIdentity::of(entry.status);
  if (tree.may_change && !same) {
    throw Error(ErrorKind::build, "{} was changed while it was copied", printable(entry.path))
        .with_hint("build again when nothing writes to the context");
  }
}

std::optional<Fd> open_archive(const SelectedSource& source) {
  if (source.entries.empty() || !source.tree->unpack) return std::nullopt;
  const SelectedEntry& entry = source.entries.front();
  if (!S_ISREG(entry.status.st_mode)) return std::nullopt;
  FdSource content(open_selected(entry, *source.tree), entry.path);
  if (!layer::is_archive(content)) return std::nullopt;
  return open_selected(entry, *source.tree);
}

}  // namespace cbuild::ops
