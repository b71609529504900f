// Owners of files, by all ways to name them.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "owner_probe.h"

namespace {

bool statx_says(int dirfd, const char* path, int flags, unsigned mask, uid_t uid, gid_t gid) {
  struct statx status {};

  if (statx(dirfd, path, flags, mask, &status) != 0) return false;
  return status.stx_uid == uid && status.stx_gid == gid;
}

}  // namespace

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
