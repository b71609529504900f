// Rules of what a step keeps: capabilities, system calls by name, descriptors.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "cbuild/util/fd.h"
#include "src/sandbox/capabilities.h"
#include "src/sandbox/descriptors.h"
#include "src/sandbox/seccomp_profile.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint64_t bit(int capability) {
  return std::uint64_t{1} << capability;
}

/// What `action` returns in a process of its own; 0 to 255.
template <typename Action>
int in_child(Action action) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(action());
  int status = -1;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

using CapabilitySets = std::array<__user_cap_data_struct, 2>;

CapabilitySets own_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilitySets sets{};
  ::syscall(SYS_capget, &header, sets.data());
  return sets;
}

std::set<std::string_view> as_set(std::span<const char* const> names) {
  return {names.begin(), names.end()};
}

}  // namespace

TEST_CASE("raw sockets are kept only with a network of its own, all else alike") {
  CHECK((kept_capabilities(false) & bit(CAP_NET_RAW)) == 0);
  CHECK(kept_capabilities(true) == (kept_capabilities(false) | bit(CAP_NET_RAW)));
}

TEST_CASE("what package managers need is kept, what rules the machine is not") {
  const std::uint64_t kept = kept_capabilities(true);
  for (const int capability :
       {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETUID, CAP_SETGID, CAP_SETFCAP}) {
    CAPTURE(capability);
    CHECK((kept & bit(capability)) != 0);
  }
  for (const int capability :
       {CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_MODULE, CAP_SYS_RAWIO,
        CAP_DAC_READ_SEARCH, CAP_MKNOD, CAP_SYS_RESOURCE, CAP_BPF, CAP_PERFMON}) {
    CAPTURE(capability);
    CHECK((kept & bit(capability)) == 0);
  }
}

TEST_CASE("set_capabilities leaves what is kept permitted and effective, nothing inheritable") {
  const CapabilitySets before = own_capabilities();
  const std::uint64_t permitted =
      before[0].permitted | static_cast<std::uint64_t>(before[1].permitted) << 32;
  const std::uint64_t kept = permitted & kept_capabilities(false);
  CHECK(in_child([&] {
          if (!set_capabilities(kept)) return 1;
          for (int half = 0; half < 2; ++half) {
            const auto [effective, now_permitted, inheritable] = own_capabilities().at(half);
            const auto wanted = static_cast<std::uint32_t>(kept >> (32 * half));
            if (effective != wanted || now_permitted != wanted || inheritable != 0) return 2;
          }
          return 0;
        }) == 0);
}

TEST_CASE("a system call is named once, as allowed or as denied") {
  const auto allowed = as_set(allowed_calls());
  const auto denied = as_set(denied_calls());
  CHECK(allowed.size() == allowed_calls().size());
  CHECK(denied.size() == denied_calls().size());
  for (const std::string_view name : denied) {
    CAPTURE(name);
    CHECK(!allowed.contains(name));
  }
}

TEST_CASE("a call that is looked into, or that programs must do without, is in neither list") {
  const auto allowed = as_set(allowed_calls());
  const auto denied = as_set(denied_calls());
  for (const char* name : {"clone", "unshare", "personality", "socket", "socketpair", "ioctl",
                           "socketcall", "clone3", "io_uring_setup", "io_uring_enter"}) {
    CAPTURE(name);
    CHECK(!allowed.contains(name));
    CHECK(!denied.contains(name));
  }
}

TEST_CASE("a call allowed by number is not denied by name, and has the number of libseccomp") {
  const auto denied = as_set(denied_calls());
  for (const NumberedCall& call : young_allowed_calls()) {
    CAPTURE(call.name);
    CHECK(!denied.contains(call.name));
    // Calls from 424 on have one number everywhere; an old library does not know the newest.
    const int known = ::seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, call.name);
    if (known >= 0) CHECK(known == call.number);
  }
}

TEST_CASE("a call that 32-bit x86 has by number is one that is allowed") {
  const auto allowed = as_set(allowed_calls());
  std::set<int> numbers = {kX86Socket, kX86Socketpair};
  for (const NumberedCall& call : split_x86_calls()) {
    CAPTURE(call.name);
    CHECK(allowed.contains(call.name));
    CHECK(numbers.insert(call.number).second);
  }
}

TEST_CASE("close_others closes all descriptors but those that are kept") {
  const auto is_open = [](int fd) { return ::fcntl(fd, F_GETFD) >= 0; };
  std::vector<Fd> opened;
  for (int i = 0; i < 6; ++i)
    opened.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::vector<std::vector<std::size_t>> rows = {{},     {0},       {5},
                                                      {1, 2}, {0, 3, 5}, {0, 1, 2, 3, 4, 5}};
  for (const std::vector<std::size_t>& kept : rows) {
    CAPTURE(kept.size());
    std::vector<int> descriptors;
    unsigned expected = 0;
    for (const std::size_t index : kept) {
      descriptors.push_back(opened[index].get());
      expected |= 1U << index;
    }
    CHECK(in_child([&] {
            close_others(descriptors);
            unsigned open = is_open(0) || is_open(1) || is_open(2) ? 1U << 7 : 0;
            for (std::size_t i = 0; i < opened.size(); ++i)
              if (is_open(opened[i].get())) open |= 1U << i;
            return static_cast<int>(open);
          }) == static_cast<int>(expected));
  }
}

}  // namespace cbuild::sandbox
