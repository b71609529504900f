// Reads and writes the file of digests: a header, entries (fixed fields and a path), a checksum.
#include "src/ops/file_digests.h"

#include <time.h>

#include <cstring>

#include "cbuild/util/boot_id.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/sha256.h"

namespace cbuild::ops {

namespace {

constexpr std::string_view kMagic = "cbuild-files-3 ";
constexpr std::int64_t kRacyMargin =
    50'000'000;  // file systems stamp with the kernel's tick, up to 10 ms
constexpr std::uint64_t kMaxFile = 1ULL << 30;

/// The boot is part of the header: power loss may take the content of a file and leave its size and
/// times.
std::string header() {
  return fmt::format("{}{}\n", kMagic, boot_id());
}

struct Fixed {
  FileIdentity identity;
  Sha256Sum digest;
  std::uint64_t path_size;
};

}  // namespace

std::int64_t now_in_nanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

void FileDigests::load() {
  loaded_ = true;
  try {
    const auto content = file_.read(kMaxFile);
    if (!content) return;
    std::string_view rest = *content;
    const std::size_t sum_size = sizeof(Sha256Sum);
    const std::string magic = header();
    if (rest.size() < magic.size() + sum_size || !rest.starts_with(magic))
      throw Error("it is of another format, or of another boot");
    const Sha256Sum sum = Sha256::of(rest.substr(0, rest.size() - sum_size));
    if (std::memcmp(sum.data(), rest.data() + rest.size() - sum_size, sum_size) != 0) {
      throw Error("damaged");
    }
    rest = rest.substr(magic.size(), rest.size() - magic.size() - sum_size);
    while (!rest.empty()) {
      Fixed fixed{};
      if (rest.size() < sizeof fixed) throw Error("cut off");
      std::memcpy(&fixed, rest.data(), sizeof fixed);
      rest.remove_prefix(sizeof fixed);
      if (rest.size() < fixed.path_size) throw Error("cut off");
      entries_.emplace(rest.substr(0, fixed.path_size),
                       Entry{fixed.identity, oci::Digest(fixed.digest)});
      rest.remove_prefix(fixed.path_size);
    }
  } catch (const Error& error) {
    log_debug("{}: {}; all files are hashed", file_.path(), error.what());
    entries_.clear();
  }
}

std::optional<oci::Digest> FileDigests::find(const std::string& path, const struct stat& status) {
  const std::lock_guard lock(mutex_);
  if (!loaded_) load();
  const auto found = entries_.find(path);
  if (found == entries_.end() || found->second.identity != FileIdentity::of(status)) {
    return std::nullopt;
  }
  return found->second.digest;
}

void FileDigests::put(const std::string& path,
                      const struct stat& status,
                      const oci::Digest& digest,
                      std::int64_t hashed_at) {
  const FileIdentity identity = FileIdentity::of(status);
  const std::int64_t latest = std::max(identity.modified, identity.changed);
  if (latest > hashed_at - kRacyMargin) return;
  const std::lock_guard lock(mutex_);
  entries_[path] = {identity, digest};
  changed_ = true;
}

void FileDigests::save() {
  const std::lock_guard lock(mutex_);
  if (!changed_) return;
  std::string content = header();
  for (const auto& [path, entry] : entries_) {
    const Fixed fixed{entry.identity, entry.digest.sum(), path.size()};
    content.append(reinterpret_cast<const char*>(&fixed), sizeof fixed);
    content += path;
  }
  const Sha256Sum sum = Sha256::of(content);
  content.append(reinterpret_cast<const char*>(sum.data()), sum.size());
  file_.replace(content);
  changed_ = false;
}

}  // namespace cbuild::ops
