// Credentials of processes and threads, and what they permit.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
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
#include <unistd.h>

#include "owner_probe.h"

namespace {

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

}  // namespace

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

namespace {

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

}  // namespace

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

namespace {

void ignore_signal(int) {}

}  // namespace

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

namespace {

long call_386(long number, long a, long b, long c) {
  long result = 0;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(number), "b"(a), "c"(b), "d"(c), "S"(0L), "D"(0L)
               : "memory", "r8", "r9", "r10", "r11");
  return result;
}

}  // namespace

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
