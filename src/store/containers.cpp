// containers/<id>: added by rename from staging/, removed by rename to it; see containers.h.
#include "cbuild/store/containers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

#include "cbuild/store/active_snapshot.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/mount.h"
#include "cbuild/util/sha256.h"
#include "cbuild/util/text.h"
#include "src/store/staging.h"

namespace cbuild::store {

namespace {

constexpr const char* kBase = "base";
constexpr std::size_t kIdDigits = 64;
constexpr std::size_t kShownDigits = 12;
constexpr std::uint64_t kMostOfBase = 4096;  // bytes

std::string parent_path(const std::string& root) {
  return root + "/containers";
}

std::string names_path(const std::string& root) {
  return root + "/container-names";
}

bool is_id(std::string_view text) {
  return text.size() == kIdDigits && is_hex(text);
}

void require_id(const std::string& id) {
  if (!is_id(id)) throw Error("'{}' is no ID of a container", printable(id));
}

void sync(const Fd& file, const std::string& path) {
  if (::fsync(file.get()) != 0) throw SysError("sync {}", path);
}

void write_base(const Fd& directory, const ContainerBase& base) {
  Fd file(::openat(directory.get(), kBase, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) throw SysError("create {}", kBase);
  std::string text = base.image.to_string() + "\n";
  if (base.chain) text += base.chain->to_string() + "\n";
  write_all(file.get(), as_bytes(text), kBase);
  sync(file, kBase);
}

/// The directory of names, locked: to look at a name and to change it is one step.
Fd lock_names(const std::string& root) {
  make_directories(names_path(root), 0700);
  Fd names = open_directory(names_path(root));
  lock(names, LockMode::exclusive, "another command that names a container", nullptr);
  return names;
}

/// The ID that a name stands for, whether or not there is such a container.
std::optional<std::string> read_name(const std::string& names, const std::string& name) {
  std::array<char, kIdDigits + 1> target{};
  const std::string path = fmt::format("{}/{}", names, name);
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

void make_parent(const std::string& root) {
  const std::string path = parent_path(root);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    throw SysError("make directory {}", path);
}

}  // namespace

void Containers::add(const std::string& id,
                     ActiveSnapshot layer,
                     const ContainerBase& base,
                     const Fill& fill) const {
  require_id(id);
  make_parent(root_);
  const Fd& directory = layer.directory();
  write_base(directory, base);
  fill(directory);
  sync(directory, id);
  std::move(layer).move_to(path(id));
  sync(open_directory(parent_path(root_)), parent_path(root_));
}

std::vector<std::string> Containers::list() const {
  std::vector<std::string> ids;
  const Fd parent(::open(parent_path(root_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent && errno == ENOENT) return ids;
  if (!parent) throw SysError("open {}", parent_path(root_));
  for (DirectoryEntry& entry : list_directory(parent.get()))
    if (is_id(entry.name)) ids.push_back(std::move(entry.name));
  return ids;
}

bool Containers::contains(const std::string& id) const {
  return is_id(id) && ::access(path(id).c_str(), F_OK) == 0;
}

std::string Containers::path(const std::string& id) const {
  require_id(id);
  return fmt::format("{}/{}", parent_path(root_), id);
}

ContainerBase Containers::base(const std::string& id) const {
  const std::string file = fmt::format("{}/{}", path(id), kBase);
  try {
    const std::vector<std::string> lines = split(read_file(file, kMostOfBase), '\n');
    ContainerBase base;
    base.image = oci::Digest::parse(lines.at(0));
    if (lines.size() > 1 && !lines[1].empty()) base.chain = oci::Digest::parse(lines[1]);
    return base;
  } catch (const SysError&) {
    throw;
  } catch (const Error& error) {
    throw Error("what container {} stands on is not known: {} is damaged: {}",
                id.substr(0, kShownDigits), file, error.what())
        .with_hint("remove the container; until then nothing is pruned");
  }
}

Fd Containers::layer(const std::string& id) const {
  return open_directory(path(id) + "/fs");
}

OverlayMount Containers::mount(const std::string& id, OverlayMount stack) {
  require_id(id);
  const std::string directory = "../containers/" + id;
  stack.upper = directory + "/fs";
  stack.work = directory + "/work";
  return stack;
}

bool Containers::take_name(const std::string& name, const std::string& id) const {
  const Fd names = lock_names(root_);
  if (::symlinkat(id.c_str(), names.get(), name.c_str()) == 0) return true;
  if (errno != EEXIST) throw SysError("take the name {}", printable(name));
  if (find_name(name)) return false;
  // That of a container that is gone.
  if (::unlinkat(names.get(), name.c_str(), 0) != 0 ||
      ::symlinkat(id.c_str(), names.get(), name.c_str()) != 0) {
    throw SysError("take the name {}", printable(name));
  }
  return true;
}

std::optional<std::string> Containers::find_name(const std::string& name) const {
  const auto id = read_name(names_path(root_), name);
  return id && contains(*id) ? id : std::nullopt;
}

void Containers::release_name(const std::string& name, const std::string& id) const {
  const Fd names = lock_names(root_);
  if (read_name(names_path(root_), name) != id) return;
  if (::unlinkat(names.get(), name.c_str(), 0) != 0 && errno != ENOENT)
    throw SysError("release the name {}", printable(name));
}

std::string Containers::run_directory() const {
  std::string path = root_ + "/run";
  make_directories(path, 0700);
  return path;
}

bool Containers::remove(const std::string& id) const {
  require_id(id);
  const StagingDirectory grave(root_);
  const std::string from = path(id);
  if (::renameat(AT_FDCWD, from.c_str(), grave.fd().get(), "container") == 0) return true;
  if (errno == ENOENT) return false;
  throw SysError("remove container {}", id.substr(0, kShownDigits));
}

}  // namespace cbuild::store
