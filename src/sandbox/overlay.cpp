// Mounting overlays; see overlay.h.
#include "src/sandbox/overlay.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/mount.h"

namespace cbuild::sandbox {

namespace {

/// `special` characters of overlay options get a backslash.
void append_escaped(std::string& options, std::string_view name, std::string_view special) {
  for (const char letter : name) {
    if (special.find(letter) != std::string_view::npos) options += '\\';
    options += letter;
  }
}

}  // namespace

std::string overlay_options(const OverlayMount& mount, bool is_volatile) {
  constexpr std::size_t kPage = 4096;
  std::string options = "userxattr,lowerdir=";
  for (const std::string& name : mount.lower) {
    if (&name != &mount.lower.front()) options += ':';
    append_escaped(options, name, "\\:,");
  }
  if (!mount.upper.empty()) {
    options += ",upperdir=";
    append_escaped(options, mount.upper, "\\,");
    options += ",workdir=";
    append_escaped(options, mount.work, "\\,");
    if (is_volatile) options += ",volatile";
  }
  if (options.size() >= kPage) {
    throw Error(
        "an overlay of {} layers: the kernel takes 4095 bytes of mount options, but {} are needed",
        mount.lower.size(), options.size());
  }
  return options;
}

bool mount_overlay(const PreparedOverlay& overlay, const char* target) noexcept {
  // The kernel refuses an upper directory that was mounted volatile before, by a mark in its work
  // directory. The mark is removed, because the store itself syncs what it commits.
  const char* mark = overlay.volatile_mark.c_str();
  if (*mark != '\0' && ::rmdir(mark) != 0 && errno == ENOTEMPTY) {
    const Fd directory(::open(mark, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    ::unlinkat(directory.get(), "dirty", 0);
    ::rmdir(mark);
  }
  if (::mount("overlay", target, "overlay", 0, overlay.options.c_str()) == 0) return true;
  return errno == EINVAL && overlay.durable_options != overlay.options &&
         ::mount("overlay", target, "overlay", 0, overlay.durable_options.c_str()) == 0;
}

PreparedOverlay prepare_overlay(const OverlayMount& mount) {
  if (mount.is_plain_directory())
    return {.mount = &mount, .options = {}, .durable_options = {}, .volatile_mark = {}};
  return {.mount = &mount,
          .options = overlay_options(mount, /*is_volatile=*/true),
          .durable_options = overlay_options(mount, /*is_volatile=*/false),
          .volatile_mark = mount.upper.empty() ? "" : mount.work + "/work/incompat/volatile"};
}

}  // namespace cbuild::sandbox
