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
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

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

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "fds") == 0) {
    print_descriptors();
    return 0;
  }
  try_files();
  try_terminals();
  try_kernel();
  try_namespaces();
  return 0;
}
