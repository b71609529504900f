// Tries, from inside a chroot, to get out of it or at processes of the machine. A line for each:
// its name and the outcome ("ok" or the name of the errno).
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

void report(const char* name, long result) {
  printf("%s %s\n", name, result >= 0 ? "ok" : strerrorname_np(errno));
  fflush(stdout);
}

/// The classic: a second chroot makes the first one's root an ordinary directory.
void try_to_climb() {
  mkdir("/tmp/deeper", 0755);
  const int outside = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  report("chroot", chroot("/tmp/deeper"));
  report("fchdir", fchdir(outside));
  for (int i = 0; i < 64; ++i)
    (void)!chdir("..");
  report("climbed", access("canary", F_OK));
  (void)!chdir("/");
}

/// Descriptors that lead out of the root, if any was inherited.
void try_descriptors() {
  int leading = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    if (fd > 2 && fcntl(fd, F_GETFD) >= 0) ++leading;
    if (fchdir(fd) == 0) ++leading;
  }
  printf("descriptors %d\n", leading);
  fflush(stdout);
}

void try_process(const char* name, pid_t pid) {
  char label[64];
  const auto labelled = [&](const char* what) {
    snprintf(label, sizeof label, "%s-%s", name, what);
    return label;
  };
  report(labelled("kill"), kill(pid, SIGCONT));
  report(labelled("seize"), ptrace(PTRACE_SEIZE, pid, nullptr, nullptr));
  const long pidfd = syscall(SYS_pidfd_open, pid, 0);
  report(labelled("signal"), syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, nullptr, 0));
  report(labelled("getfd"), syscall(SYS_pidfd_getfd, pidfd, 0, 0));
}

void try_devices() {
  report("mknod-memory", mknod("/tmp/memory", S_IFCHR | 0600, makedev(1, 1)));
  report("mknod-disk", mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0)));
  report("raw-socket", syscall(SYS_socket, 2 /* AF_INET */, 3 /* SOCK_RAW */, 1));
  report("null", open("/dev/null", O_RDWR | O_CLOEXEC));
  report("urandom", open("/dev/urandom", O_RDONLY | O_CLOEXEC));
}

/// Loses its session and its parent, and outlives the step if nobody kills it.
void leave_behind(const char* word) {
  if (fork() != 0) return;
  setsid();
  if (fork() != 0) _exit(0);
  if (fork() == 0) (void)!setuid(1234);  // one of another user
  signal(SIGTERM, SIG_IGN);
  close(1);
  close(2);
  char* const arguments[] = {const_cast<char*>("probe"), const_cast<char*>("wait"),
                             const_cast<char*>(word), nullptr};
  execv("/bin/chroot_probe", arguments);
  _exit(1);
}

/// A chain: one is always about to be forked, so that none lives long enough to be named.
[[noreturn]] void run_away(const char* word) {
  prctl(PR_SET_NAME, word);
  close(1);
  close(2);
  for (;;) {
    const pid_t child = fork();
    if (child > 0) _exit(0);
    setsid();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const char* const what = argc > 1 ? argv[1] : "";
  const char* const word = argc > 2 ? argv[2] : "";
  if (strcmp(what, "wait") == 0) {
    for (;;)
      pause();
  }
  if (strcmp(what, "leave") == 0) {
    leave_behind(word);
    sleep(1);
    return 0;
  }
  if (strcmp(what, "chain") == 0) {
    if (fork() == 0) run_away(word);
    usleep(100'000);
    return 0;
  }
  if (strcmp(what, "bomb") == 0) {
    for (;;) {
      if (fork() == 0) setsid();
    }
  }
  try_descriptors();
  try_process("parent", getppid());
  try_process("outside", atoi(word));
  try_devices();
  try_to_climb();
  return 0;
}
