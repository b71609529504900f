// The namespaces of a sandbox: how the init hands them to the parent, and how others enter them.
#pragma once

#include <sched.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

enum class Wait;

struct NamespaceType {
  const char* path;  ///< of the calling thread's own
  int flag;          ///< CLONE_NEW*
};

/// In the order of the enumeration Namespace.
inline constexpr std::array<NamespaceType, 6> kNamespaceTypes = {{
    {"/proc/thread-self/ns/mnt", CLONE_NEWNS},
    {"/proc/thread-self/ns/pid", CLONE_NEWPID},
    {"/proc/thread-self/ns/net", CLONE_NEWNET},
    {"/proc/thread-self/ns/ipc", CLONE_NEWIPC},
    {"/proc/thread-self/ns/uts", CLONE_NEWUTS},
    {"/proc/thread-self/ns/cgroup", CLONE_NEWCGROUP},
}};

/// Descriptors in that order; empty = that of the process which started the sandbox.
using Namespaces = std::array<Fd, kNamespaceTypes.size()>;

/// Sends those of this process through a socket. For the child: neither throws nor allocates.
/// False: errno says why.
bool send_namespaces(int channel) noexcept;

/// What was sent, without those of the calling thread itself; nullopt when nothing was sent.
/// @throws SysError
std::optional<Namespaces> receive_namespaces(const Fd& channel, Wait wait);

/// Moves this thread into those of a Namespaces (-1 = empty); into a pid namespace only what it
/// starts afterwards. Closes the descriptors. For the child: neither throws nor allocates. False:
/// errno says why.
bool enter_namespaces(std::span<const int> namespaces) noexcept;

}  // namespace cbuild::sandbox
