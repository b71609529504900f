// Runs one process in namespaces of its own on an overlay. Knows mounts and argv; no image, no
// layer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cbuild/sandbox/resource_limit.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/mount.h"

namespace cbuild::sandbox {

enum class Network {
  host,  ///< the caller's
  none   ///< loopback only
};

/// A file or directory of the host made visible inside. Given as a descriptor (O_PATH), so that no
/// name is looked up twice. What lies in a mount_detached() can be bound from Linux 6.15 on only:
/// use OverlayBind there.
struct BindMount {
  int source;          ///< borrowed
  std::string target;  ///< path inside; resolved inside the root, made when missing (and taken away
                       ///< again afterwards)
  bool read_only = true;
};

/// A file or directory of another overlay (a stage, an image) made visible inside. With an `upper`
/// it can be written to, without touching what lies below.
struct OverlayBind {
  OverlayMount overlay;
  std::string source;  ///< path in it; resolved inside of it
  std::string target;  ///< as of BindMount
  bool read_only = true;
};

struct TmpfsMount {
  std::string target;
  std::uint64_t size = 0;  ///< bytes; 0 = the kernel's default
  std::uint32_t mode = 01777;
  bool read_only = false;
};

/// A file that exists only for this run (secret, heredoc script): on a tmpfs, never on disk.
struct MemoryFile {
  std::string target;
  std::string content;
  std::uint32_t mode = 0400;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

using Mount = std::variant<BindMount, OverlayBind, TmpfsMount, MemoryFile>;

enum class Stream { out, err };

/// Everything that one run needs.
struct Spec {
  OverlayMount root;              ///< becomes "/"; `upper` receives the changes
  std::vector<Mount> mounts;      ///< in order, after /proc, /dev, /sys
  std::vector<std::string> argv;  ///< argv[0] is looked up in the PATH of `env`, inside
  std::vector<std::string> env;   ///< K=V; nothing else is passed on
  std::string cwd = "/";          ///< resolved inside; made, for root, when it is missing
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  ///< supplementary
  std::string hostname = "cbuild";
  std::string hosts;        ///< content of /etc/hosts inside
  std::string resolv_conf;  ///< content of /etc/resolv.conf inside
  Network network = Network::host;
  bool is_386 = false;  ///< runs programs of 32-bit x86, which may need socketcall(2)
  std::uint64_t shm_size = 64 << 20;
  std::vector<ResourceLimit> limits;  ///< kept exactly; see permit_limits()
  /// Called with what the process writes, in the thread that called run(). May throw; the process
  /// is killed then.
  std::function<void(Stream, std::string_view)> output;
};

struct ExitStatus {
  int code = 0;    ///< exit code; 128 + signal when a signal ended it
  int signal = 0;  ///< 0 = it exited by itself
  bool out_of_memory = false;
  std::uint64_t too_many_processes = 0;  ///< not 0: how many it had, and was ended for

  bool ok() const noexcept { return code == 0; }
};

/// Runs `spec.argv` to its end as the child of a small init in new mount, pid, ipc, uts (cgroup,
/// net) namespaces; when it ends, everything it started is killed. Stubs that had to be made for
/// mounts are gone from `root.upper` afterwards.
/// @pre enter_user_namespace() was called.  Thread-safe: several may run at once. It all dies with
/// the thread that called.
/// @throws Error when the sandbox cannot be set up (stage and errno named); "not found" / "not
/// executable" of argv[0] come back as exit codes 127 / 126 with a line on stderr, as a shell
/// would. Interrupted when cancelled: by then nothing is left of it.
ExitStatus run(const Spec& spec, const CancelToken& cancel);

/// Mounts `mount` where nobody else sees it and returns its root (O_PATH | O_DIRECTORY). It lives
/// as long as the descriptor. A read-only overlay of one directory is that directory itself.  @pre
/// enter_user_namespace() was called.  Thread-safe.
Fd mount_detached(const OverlayMount& mount);

/// Looks at the type of the file system only. @throws Error(machine) when an overlay with its upper
/// directory beneath `directory` cannot be mounted: run() would fail. Silence is no promise.
void check_writable_overlay(const std::string& directory);

}  // namespace cbuild::sandbox
