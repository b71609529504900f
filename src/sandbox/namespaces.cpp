// Namespaces as descriptors; see namespaces.h.
#include "src/sandbox/namespaces.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "cbuild/util/error.h"
#include "src/sandbox/descriptor_message.h"

namespace cbuild::sandbox {

namespace {

/// Whether it is the namespace of the calling thread, which setns(2) might refuse to enter again.
bool is_own(const Fd& entry, const char* path) {
  struct stat given {};

  struct stat own {};

  if (::fstat(entry.get(), &given) != 0 || ::stat(path, &own) != 0)
    throw SysError("look at a namespace");
  return given.st_dev == own.st_dev && given.st_ino == own.st_ino;
}

}  // namespace

bool send_namespaces(int channel) noexcept {
  static_assert(kNamespaceTypes.size() <= kMostSentDescriptors);
  std::array<Fd, kNamespaceTypes.size()> files;
  std::array<int, kNamespaceTypes.size()> sent{};
  for (std::size_t i = 0; i < files.size(); ++i) {
    files[i] = Fd(::open(kNamespaceTypes[i].path, O_RDONLY | O_CLOEXEC));
    if (!files[i]) return false;
    sent[i] = files[i].get();
  }
  return send_descriptors(channel, sent);
}

std::optional<Namespaces> receive_namespaces(const Fd& channel, Wait wait) {
  Namespaces namespaces;
  std::vector<Fd> received = receive_descriptors(channel, wait);
  if (received.size() != namespaces.size()) return std::nullopt;
  for (std::size_t i = 0; i < namespaces.size(); ++i) {
    if (!is_own(received[i], kNamespaceTypes[i].path)) namespaces[i] = std::move(received[i]);
  }
  return namespaces;
}

bool enter_namespaces(std::span<const int> namespaces) noexcept {
  for (std::size_t i = 0; i < namespaces.size(); ++i) {
    if (namespaces[i] < 0) continue;
    if (::setns(namespaces[i], kNamespaceTypes[i].flag) != 0) return false;
    ::close(namespaces[i]);
  }
  return true;
}

}  // namespace cbuild::sandbox
