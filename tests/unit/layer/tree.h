// What the tests of this module share: a directory that goes away, and tars made by hand.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/layer/apply.h"
#include "cbuild/layer/diff.h"
#include "cbuild/layer/opaque.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/layer/tar_format.h"
#include "cbuild/layer/tar_writer.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/string_stream.h"

namespace cbuild::layer {

inline bool is_root() {
  return ::geteuid() == 0;
}

/// A new directory, removed at the end. Paths of its functions are relative to it and trusted.
class Tree {
 public:
  Tree() {
    // Overlay attributes and device nodes are wanted; /tmp has them everywhere we build.
    std::string name = "/tmp/cbuild-layer-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw SysError("mkdtemp");
    path_ = name;
    fd_ = open_directory(path_);
  }

  ~Tree() {
    try {
      remove_tree(AT_FDCWD, path_);
    } catch (const Error&) {  // what is left is in /tmp
    }
  }

  const Fd& fd() const { return fd_; }

  std::string at(std::string_view name) const { return path_ + "/" + std::string(name); }

  void file(std::string_view name, std::string_view content, mode_t mode = 0644) const {
    const Fd fd = open_file(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    write_all(fd.get(), as_bytes(content), name);
    ::fchmod(fd.get(), mode);
    const timespec times[2] = {{1000, 0}, {1000, 0}};
    ::futimens(fd.get(), times);
  }

  void directory(std::string_view name, mode_t mode = 0755) const {
    ::mkdir(at(name).c_str(), 0755);
    ::chmod(at(name).c_str(), mode);
  }

  void link(std::string_view name, std::string_view target) const {
    if (::symlink(std::string(target).c_str(), at(name).c_str()) != 0) throw SysError("symlink");
  }

  std::optional<struct stat> stat(std::string_view name) const {
    struct stat status {};

    if (::lstat(at(name).c_str(), &status) != 0) return std::nullopt;
    return status;
  }

  std::string text(std::string_view name) const { return read_file(at(name)); }

  void set_time(std::string_view name, std::int64_t seconds, long nanoseconds = 0) const {
    const timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
    ::utimensat(AT_FDCWD, at(name).c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

 private:
  std::string path_;
  Fd fd_;
};

/// A tar in memory, well-formed or not.
class Tar {
 public:
  static TarHeader header(std::string_view name, char type, std::uint64_t size = 0) {
    TarHeader header{};
    std::memcpy(header.name.data(), name.data(), std::min<std::size_t>(name.size(), 100));
    octal(header.mode, type == '5' ? 0755 : 0644);
    octal(header.uid, ::geteuid());
    octal(header.gid, ::getegid());
    octal(header.size, size);
    octal(header.mtime, 1000);
    header.type = type;
    std::memcpy(header.magic.data(), "ustar\00000", 8);
    return header;
  }

  static void octal(std::span<char> field, std::uint64_t value) {
    const std::string text = fmt::format("{:0{}o}", value, field.size() - 1);
    std::memcpy(field.data(), text.data(), field.size() - 1);
  }

  Tar& add(TarHeader header, std::string_view content = {}) {
    octal(std::span(header.checksum).first(7), tar_checksum(header));
    header.checksum[7] = ' ';
    bytes.append(reinterpret_cast<const char*>(&header), sizeof header);
    return raw(content);
  }

  /// Content, padded to whole blocks.
  Tar& raw(std::string_view content) {
    bytes += content;
    bytes.resize((bytes.size() + 511) / 512 * 512);
    return *this;
  }

  Tar& file(std::string_view name, std::string_view content = "") {
    return add(header(name, '0', content.size()), content);
  }

  Tar& directory(std::string_view name) { return add(header(name, '5')); }

  Tar& link(char type, std::string_view name, std::string_view target) {
    TarHeader header = Tar::header(name, type);
    std::memcpy(header.link.data(), target.data(), target.size());
    return add(header);
  }

  Tar& symlink(std::string_view name, std::string_view target) { return link('2', name, target); }

  Tar& hard_link(std::string_view name, std::string_view target) { return link('1', name, target); }

  static std::string record(std::string_view key, std::string_view value) {
    const std::size_t rest = key.size() + value.size() + 3;
    std::size_t length = rest + 1;
    while (fmt::formatted_size("{}", length) + rest != length)
      ++length;
    return fmt::format("{} {}={}\n", length, key, value);
  }

  Tar& pax(std::string_view records, char type = 'x') {
    return add(header("pax", type, records.size()), records);
  }

  Tar& end() {
    bytes.append(1024, '\0');
    return *this;
  }

  std::string bytes;
};

/// Options with which an ordinary user can unpack: missing parents would be root's.
inline ApplyOptions for_anyone(ApplyOptions options = {}) {
  if (!is_root() && !options.owner) options.owner = {::geteuid(), ::getegid()};
  return options;
}

inline ApplyResult apply_text(std::string tar, const Tree& tree, const ApplyOptions& options = {}) {
  StringSource source(std::move(tar));
  return apply(source, tree.fd(), for_anyone(options));
}

/// The directory as an ordinary tree.
inline RootTree tree_of(const Tree& tree) {
  return RootTree(duplicate(tree.fd().get()));
}

/// The directories as layers, the topmost first.
inline RootTree stack_of(const std::vector<const Tree*>& layers,
                         const std::shared_ptr<const FileOwners>& owners = nullptr) {
  std::vector<TreeDirectory::Part> parts;
  for (const Tree* layer : layers)
    parts.push_back({std::make_shared<const Fd>(duplicate(layer->fd().get())), owners});
  return RootTree(std::move(parts));
}

inline void white_out(const Tree& tree, std::string_view name) {
  if (::mknod(tree.at(name).c_str(), S_IFCHR, ::makedev(0, 0)) != 0) throw SysError("mknod");
}

inline void set_opaque(const Tree& tree, std::string_view name) {
  if (::setxattr(tree.at(name).c_str(), kOpaqueXattr, "y", 1, 0) != 0) throw SysError("setxattr");
}

inline std::string tar_of(const Tree& tree, const DiffOptions& options = {}) {
  StringSink sink;
  write_tar(tree.fd(), sink, options);
  return sink.take();
}

}  // namespace cbuild::layer
