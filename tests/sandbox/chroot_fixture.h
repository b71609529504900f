// A root for steps that are isolated by chroot, and the differences that a step leaves in it.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>

#include "cbuild/util/fd.h"
#include "tests/sandbox/fixture.h"

namespace cbuild::sandbox {

/// What a comparison of trees sees of a file.
struct Look {
  mode_t mode;
  uid_t uid;
  gid_t gid;
  ino_t inode;
  std::int64_t modified;
  off_t size;
  friend bool operator==(const Look&, const Look&) = default;
};

struct ChrootFixture : Root {
  ChrootFixture() {
    fs::copy_file(::getenv("CBUILD_CHROOT_PROBE"), base / "lower/bin/chroot_probe");
    fs::create_symlink("busybox", base / "lower/bin/find");
    begin();
  }

  /// From now on changes are told against what is there.
  void begin() { before_ = looks(); }

  fs::path at(const std::string& path) const { return base / "lower" / path; }

  /// Paths whose look has changed, with "-" before those that are gone, a line each.
  std::string changes() const {
    const auto now = looks();
    Paths paths;
    for (const auto& [path, look] : now) {
      const auto known = before_.find(path);
      if (known == before_.end() || known->second != look) paths.insert(path);
    }
    for (const auto& [path, look] : before_) {
      if (!now.contains(path)) paths.insert("-" + path);
    }
    std::string text;
    for (const std::string& path : paths)
      text += path + "\n";
    return text;
  }

 private:
  std::map<std::string, Look> looks() const {
    std::map<std::string, Look> looks;
    const auto add = [&](const fs::path& path) {
      struct stat status {};

      REQUIRE(::lstat(path.c_str(), &status) == 0);
      looks[fs::relative(path, base).string()] = {
          status.st_mode,
          status.st_uid,
          status.st_gid,
          status.st_ino,
          status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec,
          S_ISDIR(status.st_mode) ? 0 : status.st_size};
    };
    add(base / "lower");
    for (const auto& entry : fs::recursive_directory_iterator(base / "lower"))
      add(entry.path());
    for (const auto& entry : fs::directory_iterator(base))
      looks.emplace("beside " + entry.path().filename().string(), Look{});
    return looks;
  }

  std::map<std::string, Look> before_;
};

/// A listening abstract socket of this process.
class AbstractServer {
 public:
  explicit AbstractServer(const std::string& name)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(name, address.sun_path + 1);
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    REQUIRE(::listen(socket_.get(), 1) == 0);
  }

 private:
  Fd socket_;
};

}  // namespace cbuild::sandbox
