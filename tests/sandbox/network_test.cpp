// Rules of the network namespaces of sandboxes.
#include "cbuild/sandbox/network.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <string>
#include <thread>

#include "cbuild/util/fd.h"
#include "src/sandbox/landlock.h"
#include "tests/sandbox/fixture.h"

namespace cbuild::sandbox {

namespace {

/// An abstract unix socket of the host.
Fd listen_abstract(const std::string& name, int type) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name, address.sun_path + 1);
  Fd server(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  if (type == SOCK_STREAM) REQUIRE(::listen(server.get(), 1) == 0);
  return server;
}

/// A new network namespace of our user namespace, with loopback switched off.
Fd make_network_namespace() {
  Fd made;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) == 0)
      made = Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  }).join();
  REQUIRE(made);
  return made;
}

std::string name_of(const Fd& network_namespace) {
  struct stat status {};

  REQUIRE(::fstat(network_namespace.get(), &status) == 0);
  return "net:[" + std::to_string(status.st_ino) + "]\n";
}

}  // namespace

TEST_CASE("abstract sockets of the host are out of reach, a step's own are not") {
  Root root;
  const std::string name = root.base.filename();
  const Fd stream = listen_abstract(name + "-stream", SOCK_STREAM);
  const Fd datagram = listen_abstract(name + "-dgram", SOCK_DGRAM);
  for (const bool own_network : {false, true}) {
    if (own_network) root.spec.network = NoNetwork{};
    auto results = probe(root, {"abstract", name});
    const std::string refused = own_network ? "ECONNREFUSED" : "EPERM";
    if (own_network || landlock_has_scopes()) {
      for (const char* caller : {"caller-stream", "caller-dgram", "caller-sendto"}) {
        CAPTURE(caller);
        CHECK(results[caller] == refused);
      }
    }
    for (const char* own : {"own-bind", "own-listen", "own-connect"}) {
      CAPTURE(own);
      CHECK(results[own] == "ok");
    }
  }
}

TEST_CASE("without network there is loopback only") {
  Root root;
  root.spec.network = NoNetwork{};
  CHECK(root.sh("ls /sys/class/net") == "lo\n");
  CHECK(root.sh("cat /sys/class/net/lo/operstate") == "unknown\n");  // what up means for lo
  CHECK(root.sh("ifconfig -a | grep -c Link") == "1\n");
}

TEST_CASE("a network namespace is joined, and left as it is") {
  Root root;
  const Fd joined = make_network_namespace();
  root.spec.network = JoinNetwork{joined.get()};
  CHECK(root.sh("readlink /proc/self/ns/net") == name_of(joined));
  CHECK(root.sh("ls /sys/class/net; cat /sys/class/net/lo/flags") == "lo\n0x8\n");
  root.spec.network = HostNetwork{};
  const Fd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  CHECK(root.sh("readlink /proc/self/ns/net") == name_of(own));

  const Fd other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  root.spec.network = JoinNetwork{other.get()};
  CHECK(error_of([&] { root.run({"true"}); }).find("join a network namespace") !=
        std::string::npos);
}

}  // namespace cbuild::sandbox
