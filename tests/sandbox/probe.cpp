// Tries, from inside a sandbox, what must not work there. A line for each: its name and the outcome
// ("ok" or the name of the errno).
#include <asm/ioctls.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <initializer_list>

namespace {

void report(const char* name, long result) {
  printf("%s %s\n", name, result >= 0 ? "ok" : strerrorname_np(errno));
  fflush(stdout);
}

void try_call(const char* name, long number, long a = 0, long b = 0, long c = 0, long d = 0) {
  report(name, syscall(number, a, b, c, d, 0, 0));
}

void try_open(const char* path, int flags) {
  char name[64];
  snprintf(name, sizeof name, "open:%s", path);
  report(name, open(path, flags | O_CLOEXEC));
}

void print_descriptors() {
  DIR* directory = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(directory)) {
    const int fd = atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != dirfd(directory)) printf("fd %d\n", fd);
  }
  closedir(directory);
}

void try_terminals() {
  const int terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  report("ptmx", terminal);
  char letter = 'x';
  try_call("tiocsti", SYS_ioctl, terminal, TIOCSTI, reinterpret_cast<long>(&letter));
  try_call("tiocsti-high", SYS_ioctl, terminal, TIOCSTI | (1L << 32),
           reinterpret_cast<long>(&letter));
  try_call("tioclinux", SYS_ioctl, terminal, TIOCLINUX, reinterpret_cast<long>(&letter));
  report("tty", open("/dev/tty", O_RDWR | O_CLOEXEC));
}

void try_namespaces() {
  try_call("unshare-files", SYS_unshare, CLONE_FILES);
  try_call("unshare-user", SYS_unshare, CLONE_NEWUSER);
  try_call("unshare-mount", SYS_unshare, CLONE_NEWNS);
  try_call("clone-user", SYS_clone, CLONE_NEWUSER | SIGCHLD);
  try_call("clone3", SYS_clone3);
  const int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  try_call("setns", SYS_setns, own, 0);
}

void try_kernel() {
  try_call("mount", SYS_mount, reinterpret_cast<long>("none"), reinterpret_cast<long>("/tmp"),
           reinterpret_cast<long>("tmpfs"));
  try_call("umount", SYS_umount2, reinterpret_cast<long>("/proc"), 2);
  try_call("pivot_root", SYS_pivot_root, reinterpret_cast<long>("."), reinterpret_cast<long>("."));
  try_call("fsopen", SYS_fsopen, reinterpret_cast<long>("tmpfs"));
  try_call("open_tree", SYS_open_tree, AT_FDCWD, reinterpret_cast<long>("/"), 1);
  try_call("keyctl", SYS_keyctl);
  try_call("add_key", SYS_add_key);
  try_call("bpf", SYS_bpf);
  try_call("perf_event_open", SYS_perf_event_open);
  try_call("userfaultfd", SYS_userfaultfd);
  try_call("io_uring", SYS_io_uring_setup, 1, 0);
  report("socket-unix", socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  report("socket-alg", socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  try_call("socket-alg-high", SYS_socket, AF_ALG | (1L << 32), SOCK_SEQPACKET);
  report("socket-vsock", socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
  report("mknod", mknod("/tmp/device", S_IFCHR | 0600, makedev(1, 1)));
  report("ptrace-1", ptrace(PTRACE_SEIZE, 1, nullptr, nullptr));
  report("kill-1", kill(1, SIGKILL));
  report("sethostname", sethostname("x", 1));
}

void try_files() {
  try_open("/proc/1/exe", O_RDONLY);
  try_open("/proc/1/exe", O_WRONLY);
  try_open("/proc/1/mem", O_RDWR);
  try_open("/proc/1/environ", O_RDONLY);
  try_open("/proc/1/fd/0", O_RDONLY);
  try_open("/proc/1/root", O_RDONLY);
  try_open("/proc/sys/kernel/core_pattern", O_WRONLY);
  try_open("/proc/sysrq-trigger", O_WRONLY);
  try_open("/sys/kernel/uevent_helper", O_WRONLY);
  try_open("/etc/resolv.conf", O_WRONLY);
  try_open("/dev/null", O_RDWR);
  char byte;
  const int keys = open("/proc/keys", O_RDONLY | O_CLOEXEC);
  printf("masked:/proc/keys %zd\n", read(keys, &byte, 1));
}

#if defined(__x86_64__)
/// A call by the numbers of 32-bit x86, which any 64-bit program can make. Pointers must be below
/// 4 GiB.
long call_386(long number, long a = 0, long b = 0, long c = 0) {
  long result = 0;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(number), "b"(a), "c"(b), "d"(c), "S"(0L), "D"(0L)
               : "memory", "r8", "r9", "r10", "r11");
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

/// socketcall(SYS_SOCKET, {family, type, 0}), with its arguments where 32 bits can point to.
long socketcall_386(unsigned family, unsigned type) {
  void* const low =
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  auto* const arguments = static_cast<unsigned*>(low);
  arguments[0] = family;
  arguments[1] = type;
  arguments[2] = 0;
  return call_386(102, 1, reinterpret_cast<long>(low));
}

void try_386() {
  report("386-getpid", call_386(20));
  report("386-socketcall-unix", socketcall_386(AF_UNIX, SOCK_STREAM));
  report("386-socketcall-vsock", socketcall_386(AF_VSOCK, SOCK_STREAM));
  report("386-socketcall-alg", socketcall_386(AF_ALG, SOCK_SEQPACKET));
  report("386-socket-unix", call_386(359, AF_UNIX, SOCK_STREAM));
  report("386-socket-vsock", call_386(359, AF_VSOCK, SOCK_STREAM));
  report("386-socketpair-alg", call_386(360, AF_ALG, SOCK_SEQPACKET));
  report("386-unshare", call_386(310, CLONE_NEWUSER));
  report("386-clone", call_386(120, CLONE_NEWUSER | SIGCHLD));
  report("386-clone3", call_386(435));
  report("386-mount", call_386(21));
  report("386-setns", call_386(346));
  report("386-keyctl", call_386(288));
  report("386-bpf", call_386(357));
  report("386-perf", call_386(336));
  report("386-io_uring", call_386(425));
  report("x32-getpid", syscall(0x40000000 + SYS_getpid));
}
#endif

sockaddr_un abstract_address(const char* name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path + 1, name, sizeof address.sun_path - 2);
  return address;
}

int connect_abstract(const char* name, int type) {
  const sockaddr_un address = abstract_address(name);
  const int client = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  return connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

/// Sockets of the caller, called NAME-stream and NAME-dgram, and one of our own.
void try_abstract_sockets(const char* name) {
  char full[64];
  snprintf(full, sizeof full, "%s-stream", name);
  report("caller-stream", connect_abstract(full, SOCK_STREAM));
  snprintf(full, sizeof full, "%s-dgram", name);
  report("caller-dgram", connect_abstract(full, SOCK_DGRAM));
  const int client = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_un there = abstract_address(full);
  report("caller-sendto",
         sendto(client, "x", 1, 0, reinterpret_cast<const sockaddr*>(&there), sizeof there));

  snprintf(full, sizeof full, "%s-own", name);
  const sockaddr_un address = abstract_address(full);
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  report("own-bind", bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  report("own-listen", listen(server, 1));
  const pid_t child = fork();
  if (child == 0) _exit(connect_abstract(full, SOCK_STREAM) == 0 ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  report("own-connect", status == 0 ? 0 : -1);
}

/// What a debugger and a shell do with their children.
void try_own_processes() {
  const pid_t child = fork();
  if (child == 0) {
    for (;;)
      pause();
  }
  report("own-seize", ptrace(PTRACE_SEIZE, child, nullptr, nullptr));
  report("own-interrupt", ptrace(PTRACE_INTERRUPT, child, nullptr, nullptr));
  int status = 0;
  report("own-stop", waitpid(child, &status, 0));
  report("own-peek", ptrace(PTRACE_PEEKUSER, child, nullptr, nullptr));
  report("own-kill", kill(child, SIGKILL));
  report("own-reap", waitpid(child, &status, 0));
  report("own-group", kill(0, 0));
}

void report_found(const char* pid, const char* how, const char* what) {
  printf("%s %s of %s\n", how, what, pid);
  fflush(stdout);
}

/// Whatever of another process can be had that must not be.
void reach_for(const char* pid) {
  char path[64];
  char target[256];
  for (const char* name : {"mem", "exe", "environ", "maps"}) {
    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    const int fd = open(path, strcmp(name, "mem") == 0 ? O_RDWR | O_CLOEXEC : O_RDONLY | O_CLOEXEC);
    // The others are opened, and then tell nothing.
    if (fd >= 0 && read(fd, target, 1) > 0) report_found(pid, "read", name);
    if (fd >= 0) close(fd);
  }
  for (const char* name : {"root", "cwd", "exe"}) {
    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    if (readlink(path, target, sizeof target) >= 0) report_found(pid, "followed", name);
  }
  for (int number = 0; number < 16; ++number) {
    snprintf(path, sizeof path, "/proc/%s/fd/%d", pid, number);
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 || readlink(path, target, sizeof target) >= 0) report_found(pid, "opened", "fd");
    if (fd >= 0) close(fd);
  }
  if (ptrace(PTRACE_SEIZE, atoi(pid), nullptr, nullptr) == 0) report_found(pid, "traced", "all");
}

/// Reaches for every process but this and the first, or stops it, until it is killed.
[[noreturn]] void hunt(bool stops) {
  const int self = getpid();
  printf("hunting\n");
  fflush(stdout);
  for (;;) {
    DIR* directory = opendir("/proc");
    while (const dirent* entry = readdir(directory)) {
      const int pid = atoi(entry->d_name);
      if (pid <= 1 || pid == self) continue;
      if (stops) {
        kill(pid, SIGSTOP);
      } else {
        reach_for(entry->d_name);
      }
    }
    closedir(directory);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "fds") == 0) {
    print_descriptors();
    return 0;
  }
  if (argc > 2 && strcmp(argv[1], "hunt") == 0) hunt(strcmp(argv[2], "stop") == 0);
  if (argc > 1 && strcmp(argv[1], "processes") == 0) {
    try_own_processes();
    return 0;
  }
#if defined(__x86_64__)
  if (argc > 1 && strcmp(argv[1], "386") == 0) {
    try_386();
    return 0;
  }
#endif
  if (argc > 2 && strcmp(argv[1], "abstract") == 0) {
    try_abstract_sockets(argv[2]);
    return 0;
  }
  try_files();
  try_terminals();
  try_kernel();
  try_namespaces();
  return 0;
}
