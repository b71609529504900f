// Makes network namespaces; see name_space.h.
#include "src/network/name_space.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sched.h>

#include <exception>
#include <string>
#include <thread>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "src/network/links.h"

namespace cbuild::network {

namespace {

/// Calls it on a thread of its own, and waits.
void run_apart(const std::function<void()>& action) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      action();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

void allow_everybody() noexcept {
  write_sysctl("ipv4/ip_unprivileged_port_start", "0");
  // The kernel refuses groups that the user namespace has not: then as many as a usual map has.
  for (const char* groups : {"0 2147483647", "0 65535", "0 0"}) {
    if (write_sysctl("ipv4/ping_group_range", groups)) return;
  }
}

}  // namespace

Fd make_name_space(const std::function<void()>& fill) {
  Fd name_space;
  run_apart([&] {
    if (::unshare(CLONE_NEWNET) != 0) throw SysError("make a network namespace");
    name_space = open_file("/proc/thread-self/ns/net", O_RDONLY);
    // Others join it later: a seccomp profile may refuse setns(2) where it permits unshare(2).
    enter_name_space(name_space.get());
    NetlinkSocket(NETLINK_ROUTE).transact({link_up(kLoopback)}, "set up a network namespace");
    allow_everybody();
    fill();
  });
  return name_space;
}

void run_inside(int name_space, const std::function<void()>& action) {
  run_apart([&] {
    enter_name_space(name_space);
    action();
  });
}

void enter_name_space(int name_space) {
  if (::setns(name_space, CLONE_NEWNET) != 0) throw SysError("join a network namespace");
}

bool write_sysctl(std::string_view name, std::string_view value) noexcept {
  const std::string path = "/proc/sys/net/" + std::string(name);
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file &&
         ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

}  // namespace cbuild::network
