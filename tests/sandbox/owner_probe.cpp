// Checks, from inside a sandbox with one id, that owners and credentials are consistent. A line for
// each rule: its name, and "ok" or what was seen instead. It is started as root in an empty
// directory.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <initializer_list>

namespace {

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

bool statx_says(int dirfd, const char* path, int flags, unsigned mask, uid_t uid, gid_t gid) {
  struct statx status {};

  if (statx(dirfd, path, flags, mask, &status) != 0) return false;
  return status.stx_uid == uid && status.stx_gid == gid;
}

/// Whether `action` returns true in a child.
template <typename Action>
bool in_child(Action action) {
  const pid_t child = fork();
  if (child == 0) _exit(action() ? 0 : 1);
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
}

void check_names() {
  make_file("a");
  report("chown", chown("a", 33, 44) == 0 && has_owner("a", 33, 44));
  report("chown-keeps-group", chown("a", 34, -1) == 0 && has_owner("a", 34, 44));
  report("chown-keeps-user", chown("a", -1, 45) == 0 && has_owner("a", 34, 45));
  const int fd = open("a", O_RDONLY | O_CLOEXEC);
  report("fchown", fchown(fd, 35, 46) == 0 && has_owner("a", 35, 46));
  report("fstat", descriptor_has_owner(fd, 35, 46));
  const int path_fd = open("a", O_PATH | O_CLOEXEC);
  report("o-path-fstat", descriptor_has_owner(path_fd, 35, 46));
  report("o-path-chown", fchownat(path_fd, "", 36, 47, AT_EMPTY_PATH) == 0 &&
                             has_owner("a", 36, 47) && descriptor_has_owner(fd, 36, 47));
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", path_fd);

  struct stat status {};

  report("proc-fd-stat", stat(name, &status) == 0 && is_owner(status, 36, 47));
  report("proc-fd-chown", chown(name, 37, 48) == 0 && has_owner("a", 37, 48));
  snprintf(name, sizeof name, "/dev/fd/%d", fd);
  report("dev-fd-stat", stat(name, &status) == 0 && is_owner(status, 37, 48));
  report("proc-cwd-stat", stat("/proc/self/cwd/a", &status) == 0 && is_owner(status, 37, 48));
  mkdir("d", 0755);
  make_file("d/b");
  const int directory = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  report("dirfd", fchownat(directory, "b", 5, 6, 0) == 0 && has_owner("d/b", 5, 6) &&
                      fstatat(directory, "b", &status, 0) == 0 && is_owner(status, 5, 6));
  report("directory", chown("d", 7, 8) == 0 && descriptor_has_owner(directory, 7, 8));
  report("empty-path",
         fstatat(directory, "", &status, AT_EMPTY_PATH) == 0 && is_owner(status, 7, 8));
  report("empty-path-no-follow",
         fstatat(directory, "", &status, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) == 0 &&
             is_owner(status, 7, 8) &&
             fchownat(directory, "", 8, 9, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) == 0 &&
             descriptor_has_owner(directory, 8, 9) && chown("d", 7, 8) == 0);
  report("dot", fstatat(directory, ".", &status, 0) == 0 && is_owner(status, 7, 8));
  report("dot-dot", stat("d/../a", &status) == 0 && is_owner(status, 37, 48));
  report("after-chdir", in_child([&] {
           return chdir("d") == 0 && has_owner("b", 5, 6) && has_owner("../a", 37, 48) &&
                  has_owner(".", 7, 8);
         }));
  report("statx", statx_says(AT_FDCWD, "a", 0, STATX_BASIC_STATS, 37, 48));
  report("statx-uid-only", statx_says(AT_FDCWD, "a", 0, STATX_UID | STATX_GID, 37, 48));
  report("statx-descriptor", statx_says(fd, "", AT_EMPTY_PATH, STATX_ALL, 37, 48));
  report("chroot", in_child([&] {
           return chroot("d") == 0 && chdir("/") == 0 && has_owner("/b", 5, 6) &&
                  has_owner("/", 7, 8) && has_owner("/../b", 5, 6) && chown("/b", 9, 9) == 0 &&
                  has_owner("b", 9, 9);
         }));
  report("chroot-is-over", has_owner("d/b", 9, 9) && has_owner("a", 37, 48));
  report("missing", stat("missing", &status) != 0 && errno == ENOENT &&
                        chown("missing", 1, 1) != 0 && errno == ENOENT);
  report("through-file", stat("a/b", &status) != 0 && errno == ENOTDIR);
  report("bad-address", syscall(SYS_chown, 1, 1, 1) != 0 && errno == EFAULT &&
                            syscall(SYS_stat, "a", 1) != 0 && errno == EFAULT);
  report("back-to-root", chown("a", 0, 0) == 0 && has_owner("a", 0, 0));
}

void check_lives() {
  make_file("a");
  chown("a", 33, 44);
  report("rename", rename("a", "b") == 0 && has_owner("b", 33, 44));
  report("hard-link", link("b", "c") == 0 && has_owner("c", 33, 44) && chown("c", 1, 2) == 0 &&
                          has_owner("b", 1, 2));
  const int fd = open("b", O_RDWR | O_CLOEXEC);
  unlink("b");
  unlink("c");
  report("deleted",
         descriptor_has_owner(fd, 1, 2) && fchown(fd, 3, 4) == 0 && descriptor_has_owner(fd, 3, 4));
  make_file("b");
  report("new-file-of-the-name", has_owner("b", 0, 0));
  report("fork", in_child([] { return chown("b", 5, 6) == 0; }) && has_owner("b", 5, 6));
  const pid_t child = vfork();
  if (child == 0) _exit(chown("b", 7, 8) == 0 ? 0 : 1);
  int status = -1;
  report("vfork", waitpid(child, &status, 0) == child && status == 0 && has_owner("b", 7, 8));
  chmod("b", 06755);

  struct stat now {};

  report("chown-clears-set-id",
         chown("b", 9, 9) == 0 && stat("b", &now) == 0 && (now.st_mode & 07777) == 0755);
  report("chmod-keeps-owner", chmod("b", 04711) == 0 && stat("b", &now) == 0 &&
                                  (now.st_mode & 07777) == 04711 && is_owner(now, 9, 9));
  const timespec before = now.st_ctim;
  usleep(20000);
  report("chown-changes-ctime",
         chown("b", 9, 9) == 0 && stat("b", &now) == 0 &&
             (now.st_ctim.tv_sec != before.tv_sec || now.st_ctim.tv_nsec != before.tv_nsec));
  report("record-is-refused", setxattr("b", "user.cbuild.owner", "1:1", 3, 0) != 0 &&
                                  errno == EPERM && has_owner("b", 9, 9));
  char names[64] = {};
  setxattr("b", "user.other", "x", 1, 0);
  report("record-is-hidden",
         listxattr("b", nullptr, 0) == 11 && listxattr("b", names, sizeof names) == 11 &&
             strcmp(names, "user.other") == 0 && listxattr("b", names, 3) < 0 && errno == ERANGE);
}

void check_links() {
  make_file("target");
  report("lchown", symlink("target", "l") == 0 && lchown("l", 33, 44) == 0 &&
                       has_owner("l", 33, 44) && has_owner("target", 0, 0));

  struct stat status {};

  report("chown-follows", chown("l", 1, 2) == 0 && has_owner("target", 1, 2) &&
                              has_owner("l", 33, 44) && stat("l", &status) == 0 &&
                              is_owner(status, 1, 2));
  report("link-rename", rename("l", "m") == 0 && has_owner("m", 33, 44));
  report("link-statx", statx_says(AT_FDCWD, "m", AT_SYMLINK_NOFOLLOW, STATX_ALL, 33, 44));
  const int link_fd = open("m", O_PATH | O_NOFOLLOW | O_CLOEXEC);
  report("link-descriptor", descriptor_has_owner(link_fd, 33, 44) &&
                                fchownat(link_fd, "", 34, 45, AT_EMPTY_PATH) == 0 &&
                                has_owner("m", 34, 45));
  bool fresh = true;
  for (int i = 0; i < 50 && fresh; ++i) {  // the number of a deleted inode is given again
    unlink("m");
    symlink("target", "m");
    fresh = has_owner("m", 0, 0);
    lchown("m", 33, 44);
    unlink("m");
    make_file("m");
    fresh = fresh && has_owner("m", 0, 0);
    unlink("m");
    mkfifo("m", 0600);
    fresh = fresh && has_owner("m", 0, 0);
    chown("m", 5, 5);
  }
  report("inode-again", fresh);
  report("fifo", has_owner("m", 5, 5));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  strcpy(address.sun_path, "socket");
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  report("socket", bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                       chown("socket", 6, 7) == 0 && has_owner("socket", 6, 7));
  int pipe_ends[2];
  pipe2(pipe_ends, O_CLOEXEC);
  report("pipe", fchown(pipe_ends[0], 8, 9) == 0 && descriptor_has_owner(pipe_ends[0], 8, 9));
  make_file("/dev/shm/x");
  report("tmpfs", chown("/dev/shm/x", 8, 9) == 0 && has_owner("/dev/shm/x", 8, 9));
}

void check_devices() {
  struct stat status {};

  report("mknod-char", mknod("null", S_IFCHR | 0640, makedev(1, 3)) == 0 &&
                           stat("null", &status) == 0 && S_ISCHR(status.st_mode) &&
                           (status.st_mode & 07777) == 0640 && status.st_rdev == makedev(1, 3));
  report("mknod-block", mknod("disk", S_IFBLK | 0600, makedev(259, 70000)) == 0 &&
                            stat("disk", &status) == 0 && S_ISBLK(status.st_mode) &&
                            status.st_rdev == makedev(259, 70000));
  report("device-chown", chown("disk", 0, 6) == 0 && stat("disk", &status) == 0 &&
                             S_ISBLK(status.st_mode) && is_owner(status, 0, 6));
  report("device-chmod", chmod("disk", 0666) == 0 && stat("disk", &status) == 0 &&
                             status.st_mode == (S_IFBLK | 0666));
  report("device-exists", mknod("disk", S_IFBLK | 0600, makedev(1, 1)) != 0 && errno == EEXIST);

  struct statx extended {};

  report("device-statx", statx(AT_FDCWD, "null", 0, STATX_BASIC_STATS, &extended) == 0 &&
                             S_ISCHR(extended.stx_mode) && extended.stx_rdev_major == 1 &&
                             extended.stx_rdev_minor == 3);
  report("fifo-is-real",
         mkfifo("fifo", 0600) == 0 && stat("fifo", &status) == 0 && S_ISFIFO(status.st_mode));
}

bool are_users(uid_t real, uid_t effective, uid_t saved) {
  uid_t r = 0;
  uid_t e = 0;
  uid_t s = 0;
  return getresuid(&r, &e, &s) == 0 && r == real && e == effective && s == saved &&
         getuid() == real && geteuid() == effective;
}

bool are_groups(gid_t real, gid_t effective, gid_t saved) {
  gid_t r = 0;
  gid_t e = 0;
  gid_t s = 0;
  return getresgid(&r, &e, &s) == 0 && r == real && e == effective && s == saved &&
         getgid() == real && getegid() == effective;
}

template <typename Action>
void* run_action(void* action) {
  (*static_cast<Action*>(action))();
  return nullptr;
}

/// glibc's set*id would change all threads.
template <typename Action>
void in_thread(Action action) {
  pthread_t thread{};
  pthread_create(&thread, nullptr, run_action<Action>, &action);
  pthread_join(thread, nullptr);
}

void check_credentials() {
  report("root-at-first", are_users(0, 0, 0) && are_groups(0, 0, 0) && getgroups(0, nullptr) == 0);
  report("setuid", in_child([] {
           return setgid(50) == 0 && setuid(40) == 0 && are_users(40, 40, 40) &&
                  are_groups(50, 50, 50);
         }));
  report("parent-stays-root", are_users(0, 0, 0));
  report("no-way-back", in_child([] {
           return setuid(40) == 0 && setuid(0) != 0 && errno == EPERM && seteuid(0) != 0 &&
                  setgid(0) == 0 && setgid(1) != 0 && setgroups(0, nullptr) != 0 &&
                  errno == EPERM && are_users(40, 40, 40);
         }));
  report("seteuid-and-back", in_child([] {
           return seteuid(40) == 0 && are_users(0, 40, 0) && setgroups(0, nullptr) != 0 &&
                  seteuid(0) == 0 && are_users(0, 0, 0);
         }));
  report("inherited", in_child([] {
           return setuid(40) == 0 && in_child([] { return are_users(40, 40, 40); });
         }));
  report("groups", in_child([] {
           const gid_t wanted[] = {7, 8, 70000};
           gid_t got[8] = {};
           return setgroups(3, wanted) == 0 && getgroups(0, nullptr) == 3 &&
                  getgroups(8, got) == 3 && memcmp(wanted, got, sizeof wanted) == 0 &&
                  getgroups(2, got) < 0 && errno == EINVAL;
         }));
  report("threads-have-their-own", in_child([] {
           bool thread_changed = false;
           in_thread([&] {
             thread_changed = syscall(SYS_setresuid, 40, 40, 40) == 0 && syscall(SYS_getuid) == 40;
           });
           return thread_changed && getuid() == 0;
         }));
  report("all-threads-by-libc", in_child([] {
           bool seen = false;
           return setuid(41) == 0 && (in_thread([&] { seen = getuid() == 41; }), seen);
         }));
  report("capabilities", in_child([] {
           __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
           __user_cap_data_struct sets[2] = {};
           const bool had = syscall(SYS_capget, &header, sets) == 0 && sets[0].effective != 0;
           return had && setuid(40) == 0 && syscall(SYS_capget, &header, sets) == 0 &&
                  sets[0].effective == 0 && sets[0].permitted == 0;
         }));
  report("timer-slack-is-ours", in_child([] {
           return setuid(40) == 0 && prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0) == 0 && getuid() == 40;
         }));
  report("kept-capabilities", in_child([] {
           __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, getpid()};
           __user_cap_data_struct sets[2] = {};
           if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || setuid(40) != 0) return false;
           if (setgid(50) == 0 || syscall(SYS_capget, &header, sets) != 0) return false;
           if (sets[0].effective != 0 || sets[0].permitted == 0) return false;
           sets[0].effective = 1 << CAP_SETGID;
           return syscall(SYS_capset, &header, sets) == 0 && setgid(50) == 0 &&
                  are_groups(50, 50, 50) && setuid(41) != 0 && errno == EPERM;
         }));
  report("capset-drops", in_child([] {
           __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
           __user_cap_data_struct sets[2] = {};
           return syscall(SYS_capset, &header, sets) == 0 && setuid(40) != 0 && errno == EPERM;
         }));
  report("peer", in_child([] {
           int ends[2];
           ucred peer{};
           socklen_t size = sizeof peer;
           return setgid(50) == 0 && setuid(40) == 0 &&
                  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 &&
                  getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
                  peer.uid == 40 && peer.gid == 50 && peer.pid == getpid();
         }));
  report("setfsuid", in_child([] {
           return setfsuid(40) == 0 && setfsuid(-1) == 40 && setfsuid(0) == 40 && setfsuid(-1) == 0;
         }));
  report("bounded", in_child([] {
           int code = 0;
           for (uid_t uid = 1; uid < 5000 && code == 0; ++uid)
             code = syscall(SYS_setresuid, uid, 0, 0) == 0 ? 0 : errno;
           return code == ENOMEM && setresuid(1, 0, 0) == 0 && getuid() == 1;
         }));
}

void check_users_files() {
  mkdir("open", 0777);
  chmod("open", 0777);
  mkdir("shared", 02775);
  chown("shared", 0, 60);
  chmod("shared", 02775);
  report("files-of-a-user", in_child([] {
           umask(027);
           if (setgid(50) != 0 || setuid(40) != 0) return false;
           const int fd = open("open/a", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
           struct stat status {};

           return fd >= 0 && write(fd, "x", 1) == 1 && fstat(fd, &status) == 0 &&
                  is_owner(status, 40, 50) && (status.st_mode & 07777) == 0640 &&
                  (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(fd, F_GETFL) & 3) == O_RDWR &&
                  open("open/a", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666) < 0 &&
                  errno == EEXIST && open("open/a", O_RDWR | O_CREAT | O_CLOEXEC, 0666) >= 0;
         }));
  report("directory-of-a-user", in_child([] {
           umask(022);
           setgid(50);
           setuid(40);
           struct stat status {};

           return mkdir("open/d", 0777) == 0 && mkdir("open/d/e/", 0700) == 0 &&
                  has_owner("open/d", 40, 50) && has_owner("open/d/e", 40, 50) &&
                  stat("open/d", &status) == 0 && (status.st_mode & 07777) == 0755 &&
                  mkdir("open/d", 0777) != 0 && errno == EEXIST;
         }));
  report("link-of-a-user", in_child([] {
           setuid(40);
           char target[16] = {};
           return symlink("there", "open/l") == 0 && has_owner("open/l", 40, 0) &&
                  readlink("open/l", target, sizeof target) == 5 && strcmp(target, "there") == 0;
         }));
  report("fifo-of-a-user", in_child([] {
           setuid(40);
           return mkfifo("open/f", 0600) == 0 && has_owner("open/f", 40, 0) &&
                  mknod("open/n", S_IFCHR | 0600, makedev(1, 3)) != 0 && errno == EPERM;
         }));
  mkdir("target", 0755);
  symlink("target", "to-target");
  report("nothing-is-made-by-o-path", in_child([] {
           setuid(40);
           struct stat status {};

           // The kernel ignores O_CREAT and O_EXCL beside O_PATH, and follows the link.
           const int fd = open("to-target", O_PATH | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
           return fd >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) &&
                  is_owner(status, 0, 0) && open("none", O_PATH | O_CREAT | O_CLOEXEC, 0600) < 0;
         }));
  report("temporary-of-a-user", in_child([] {
           setuid(40);
           const int fd = open("open", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
           return fd >= 0 && descriptor_has_owner(fd, 40, 0);
         }));
  make_file("shared/a");
  mkdir("shared/d", 0755);

  struct stat status {};

  report("set-group-id-directory", has_owner("shared/a", 0, 60) && has_owner("shared/d", 0, 60) &&
                                       stat("shared/d", &status) == 0 &&
                                       (status.st_mode & S_ISGID) != 0);
  report("chown-as-user", in_child([] {
           const gid_t groups[] = {61};
           setgroups(1, groups);
           setgid(50);
           setuid(40);
           close(open("open/own", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
           return chown("open/own", -1, 61) == 0 && has_owner("open/own", 40, 61) &&
                  chown("open/own", 40, 50) == 0 && chown("open/own", 41, -1) != 0 &&
                  errno == EPERM && chown("open/own", -1, 62) != 0 && errno == EPERM &&
                  chown("shared/a", -1, 50) != 0 && errno == EPERM;
         }));
}

/// The program says who it is.
void check_execution(const char* self) {
  const auto run_copy = [&](const char* path) {
    return in_child([&] {
      if (setgid(50) != 0 || setuid(40) != 0) return false;
      execl(path, path, "who", nullptr);
      return false;
    });
  };
  char command[256];
  snprintf(command, sizeof command, "cp %s suid && cp %s sgid && cp %s plain", self, self, self);
  if (system(command) != 0) return;
  chown("suid", 0, 0);
  chmod("suid", 04755);
  chown("sgid", 0, 60);
  chmod("sgid", 02755);
  printf("plain: ");
  fflush(stdout);
  run_copy("./plain");
  printf("suid: ");
  fflush(stdout);
  run_copy("./suid");
  printf("sgid: ");
  fflush(stdout);
  run_copy("./sgid");
}

void print_ids() {
  uid_t u[3] = {};
  gid_t g[3] = {};
  getresuid(&u[0], &u[1], &u[2]);
  getresgid(&g[0], &g[1], &g[2]);
  printf("%u,%u,%u/%u,%u,%u\n", u[0], u[1], u[2], g[0], g[1], g[2]);
}

struct Worker {
  pthread_t thread;
  int number;
  bool good;
};

void* work(void* data) {
  auto* worker = static_cast<Worker*>(data);
  char name[32];
  snprintf(name, sizeof name, "thread-%d", worker->number);
  worker->good = true;
  for (int round = 0; round < 20 && worker->good; ++round) {
    const uid_t uid = 1 + worker->number * 100 + round;
    make_file(name);
    worker->good = chown(name, uid, uid) == 0 && has_owner(name, uid, uid);
    unlink(name);
  }
  return nullptr;
}

void check_threads() {
  static Worker workers[100];
  for (int i = 0; i < 100; ++i) {
    workers[i].number = i;
    pthread_create(&workers[i].thread, nullptr, work, &workers[i]);
  }
  int good = 0;
  for (Worker& worker : workers) {
    pthread_join(worker.thread, nullptr);
    good += worker.good ? 1 : 0;
  }
  report("hundred-threads", good == 100);
}

void ignore_signal(int) {}

/// A call that was answered is not done again because of a signal.
void check_signals() {
  struct sigaction action {};

  action.sa_handler = ignore_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  setgid(50);
  setuid(40);
  const itimerval often{{0, 200}, {0, 200}};
  setitimer(ITIMER_REAL, &often, nullptr);
  bool good = true;
  for (int i = 0; i < 2000 && good; ++i) {
    const int fd = open("signalled", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    good = fd >= 0 && close(fd) == 0 && unlink("signalled") == 0 && mkdir("signalled", 0700) == 0 &&
           rmdir("signalled") == 0;
  }
  report("signals", good);
}

#if defined(__x86_64__)
long call_386(long number, long a, long b, long c) {
  long result = 0;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(number), "b"(a), "c"(b), "d"(c), "S"(0L), "D"(0L)
               : "memory", "r8", "r9", "r10", "r11");
  return result;
}

void check_386() {
  auto* const low = static_cast<char*>(
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
  const auto address = reinterpret_cast<long>(low);
  strcpy(low, "narrow");
  make_file("narrow");
  constexpr long kChown = 182;
  constexpr long kChown32 = 212;
  constexpr long kStat = 106;
  constexpr long kStat64 = 195;
  constexpr long kGetuid = 24;
  constexpr long kGetuid32 = 199;
  report("386-chown32",
         call_386(kChown32, address, 70000, 44) == 0 && has_owner("narrow", 70000, 44));
  const bool known = call_386(kStat64, address, address + 64, 0) == 0;
  unsigned uid = 0;
  unsigned gid = 0;
  memcpy(&uid, low + 64 + 24, 4);
  memcpy(&gid, low + 64 + 28, 4);
  report("386-stat64", known && uid == 70000 && gid == 44);
  report("386-stat", call_386(kStat, address, address + 64, 0) == -EOVERFLOW);
  report("386-chown", call_386(kChown, address, 5, 0xffff) == 0 && has_owner("narrow", 5, 44));
  report("386-getuid", in_child([] {
           return setuid(70000) == 0 && call_386(kGetuid32, 0, 0, 0) == 70000 &&
                  call_386(kGetuid, 0, 0, 0) == 65534;
         }));
}
#endif

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
