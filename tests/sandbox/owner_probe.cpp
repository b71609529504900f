// Checks, from inside a sandbox with one id, that owners and credentials are consistent. A line for
// each rule: its name, and "ok" or what was seen instead. It is started as root in an empty
// directory.
#include "owner_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <initializer_list>

void report(const char* name, bool holds) {
  if (holds) {
    printf("%s ok\n", name);
  } else {
    printf("%s wrong(errno=%s)\n", name, strerrorname_np(errno));
  }
  fflush(stdout);
}

void make_file(const char* path) {
  close(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
}

bool is_owner(const struct stat& status, uid_t uid, gid_t gid) {
  if (status.st_uid == uid && status.st_gid == gid) return true;
  fprintf(stderr, "seen %u:%u, wanted %u:%u\n", status.st_uid, status.st_gid, uid, gid);
  return false;
}

bool has_owner(const char* path, uid_t uid, gid_t gid) {
  struct stat status {};

  return lstat(path, &status) == 0 && is_owner(status, uid, gid);
}

bool descriptor_has_owner(int fd, uid_t uid, gid_t gid) {
  struct stat status {};

  return fstat(fd, &status) == 0 && is_owner(status, uid, gid);
}

namespace {

/// All ways to a file that is not in the sandbox; `canary` is its path outside.
void try_to_escape(const char* canary) {
  const auto try_all = [&](const char* path) {
    chown(path, 5, 6);
    lchown(path, 5, 6);
    struct stat status {};

    stat(path, &status);
    char below[1024];
    snprintf(below, sizeof below, "%s/made", path);
    mknod(below, S_IFCHR | 0600, makedev(1, 3));
    mkdir(below, 0700);
    close(open(below, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    symlink("x", below);
  };
  const char* const prefixes[] = {"",
                                  "/proc/1/root",
                                  "/proc/1/cwd",
                                  "/proc/1/cwd/../../..",
                                  "/proc/self/root/../..",
                                  "/proc/self/cwd/../../../..",
                                  "/proc/self/../1/root",
                                  "/proc/self/fd/../../1/root",
                                  "/proc/self/task/../../1/cwd",
                                  "/proc/thread-self/../../../1/root",
                                  "../../../../..",
                                  "up",
                                  "out"};
  for (const char* prefix : prefixes) {
    char path[512];
    snprintf(path, sizeof path, "%s%s", prefix, canary);
    try_all(path);
  }
  for (const char* path : {"/proc/1/exe", "/proc/self/../1/exe", "/proc/self/fd/../exe"})
    try_all(path);
  const int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fchownat(proc, "1/exe", 5, 6, 0);
  fchownat(proc, "self/../1/exe", 5, 6, 0);
  // The old way out of a chroot: a current directory outside of it.
  in_child([&] {
    setgid(50);
    if (chroot("jail") != 0 || chdir("../../../../../..") != 0) return false;
    try_all(canary + 1);
    char path[512];
    snprintf(path, sizeof path, "../../../../..%s", canary);
    try_all(path);
    return setuid(40) == 0 && (try_all(path), true);
  });
  printf("tried\n");
}

}  // namespace

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "who") == 0) {
    print_ids();
    return 0;
  }
  if (strcmp(what, "names") == 0) check_names();
  if (strcmp(what, "lives") == 0) check_lives();
  if (strcmp(what, "links") == 0) check_links();
  if (strcmp(what, "devices") == 0) check_devices();
  if (strcmp(what, "credentials") == 0) check_credentials();
  if (strcmp(what, "users") == 0) check_users_files();
  if (strcmp(what, "threads") == 0) check_threads();
  if (strcmp(what, "signals") == 0) check_signals();
  if (strcmp(what, "execution") == 0) check_execution(argv[0]);
  if (strcmp(what, "escape") == 0 && argc > 2) try_to_escape(argv[2]);
#if defined(__x86_64__)
  if (strcmp(what, "386") == 0) check_386();
#endif
  return 0;
}
