// The lists of system calls; see seccomp_profile.h.
#include "src/sandbox/seccomp_profile.h"

#include <linux/capability.h>

namespace cbuild::sandbox {

namespace {

// clang-format off
constexpr const char* kAllowed[] = {
    "_llseek", "_newselect", "accept", "accept4", "access", "adjtimex", "alarm", "arch_prctl",
    "arm_fadvise64_64", "arm_sync_file_range", "bind", "breakpoint", "brk", "cacheflush",
    "cachestat", "capget", "capset", "chdir", "chmod", "chown", "chown32", "chroot",
    "clock_adjtime", "clock_adjtime64", "clock_getres", "clock_getres_time64", "clock_gettime",
    "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "close", "close_range",
    "connect", "copy_file_range", "creat", "dup", "dup2", "dup3", "epoll_create", "epoll_create1",
    "epoll_ctl", "epoll_ctl_old", "epoll_pwait", "epoll_pwait2", "epoll_wait", "epoll_wait_old",
    "eventfd", "eventfd2", "execve", "execveat", "exit", "exit_group", "faccessat", "faccessat2",
    "fadvise64", "fadvise64_64", "fallocate", "fanotify_mark", "fchdir", "fchmod", "fchmodat",
    "fchown", "fchown32", "fchownat", "fcntl", "fcntl64", "fdatasync", "fgetxattr", "flistxattr",
    "flock", "fork", "fremovexattr", "fsetxattr", "fstat", "fstat64", "fstatat64", "fstatfs",
    "fstatfs64", "fsync", "ftruncate", "ftruncate64", "futex", "futex_time64", "futex_waitv",
    "futimesat", "get_mempolicy", "get_robust_list", "get_thread_area", "getcpu", "getcwd",
    "getdents", "getdents64", "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32",
    "getgroups", "getgroups32", "getitimer", "getpeername", "getpgid", "getpgrp", "getpid",
    "getppid", "getpriority", "getrandom", "getresgid", "getresgid32", "getresuid", "getresuid32",
    "getrlimit", "getrusage", "getsid", "getsockname", "getsockopt", "gettid", "gettimeofday",
    "getuid", "getuid32", "getxattr", "inotify_add_watch", "inotify_init", "inotify_init1",
    "inotify_rm_watch", "io_cancel", "io_destroy", "io_getevents", "io_pgetevents",
    "io_pgetevents_time64", "io_setup", "io_submit", "ioprio_get", "ioprio_set", "ipc", "kcmp",
    "kill", "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "lchown",
    "lchown32", "lgetxattr", "link", "linkat", "listen", "listxattr", "llistxattr", "lremovexattr",
    "lseek", "lsetxattr", "lstat", "lstat64", "madvise", "membarrier", "memfd_create",
    "memfd_secret", "mincore", "mkdir", "mkdirat", "mknod", "mknodat", "mlock", "mlock2",
    "mlockall", "mmap", "mmap2", "modify_ldt", "mprotect", "mq_getsetattr", "mq_notify", "mq_open",
    "mq_timedreceive", "mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64", "mq_unlink",
    "mremap", "msgctl", "msgget", "msgrcv", "msgsnd", "msync", "munlock", "munlockall", "munmap",
    "name_to_handle_at", "nanosleep", "newfstatat", "nice", "oldfstat", "oldlstat", "oldolduname",
    "oldstat", "olduname", "open", "openat", "openat2", "pause", "pidfd_getfd", "pidfd_open",
    "pidfd_send_signal", "pipe", "pipe2", "pkey_alloc", "pkey_free", "pkey_mprotect", "poll",
    "ppoll", "ppoll_time64", "prctl", "pread64", "preadv", "preadv2", "prlimit64",
    "process_madvise", "process_mrelease", "process_vm_readv", "process_vm_writev", "pselect6",
    "pselect6_time64", "ptrace", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readdir",
    "readlink", "readlinkat", "readv", "recv", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg",
    "remap_file_pages", "removexattr", "rename", "renameat", "renameat2", "restart_syscall",
    "rmdir", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo",
    "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64",
    "rt_tgsigqueueinfo", "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity",
    "sched_getattr", "sched_getparam", "sched_getscheduler", "sched_rr_get_interval",
    "sched_rr_get_interval_time64", "sched_setaffinity", "sched_setattr", "sched_setparam",
    "sched_setscheduler", "sched_yield", "seccomp", "select", "semctl", "semget", "semop",
    "semtimedop", "semtimedop_time64", "send", "sendfile", "sendfile64", "sendmmsg", "sendmsg",
    "sendto", "set_robust_list", "set_thread_area", "set_tid_address", "set_tls", "setfsgid",
    "setfsgid32", "setfsuid", "setfsuid32", "setgid", "setgid32", "setgroups", "setgroups32",
    "setitimer", "setpgid", "setpriority", "setregid", "setregid32", "setresgid", "setresgid32",
    "setresuid", "setresuid32", "setreuid", "setreuid32", "setrlimit", "setsid", "setsockopt",
    "setuid", "setuid32", "setxattr", "sgetmask", "shmat", "shmctl", "shmdt", "shmget", "shutdown",
    "sigaction", "sigaltstack", "signal", "signalfd", "signalfd4", "sigpending", "sigprocmask",
    "sigreturn", "sigsuspend", "splice", "ssetmask", "stat", "stat64",
    "statfs", "statfs64", "statx", "symlink", "symlinkat", "sync", "sync_file_range",
    "sync_file_range2", "syncfs", "sysinfo", "tee", "tgkill", "time", "timer_create",
    "timer_delete", "timer_getoverrun", "timer_gettime", "timer_gettime64", "timer_settime",
    "timer_settime64", "timerfd_create", "timerfd_gettime", "timerfd_gettime64", "timerfd_settime",
    "timerfd_settime64", "times", "tkill", "truncate", "truncate64", "ugetrlimit", "umask", "uname",
    "unlink", "unlinkat", "utime", "utimensat", "utimensat_time64", "utimes", "vfork", "vmsplice",
    "wait4", "waitid", "waitpid", "write", "writev",
};

constexpr const char* kDenied[] = {
    "_sysctl", "acct", "add_key", "afs_syscall", "bdflush", "bpf", "break", "clock_settime",
    "clock_settime64", "create_module", "delete_module", "fanotify_init", "finit_module",
    "fsconfig", "fsmount", "fsopen", "fspick", "ftime", "get_kernel_syms", "getpmsg", "gtty",
    "idle", "init_module", "ioperm", "iopl", "kexec_file_load", "kexec_load", "keyctl", "lock",
    "lookup_dcookie", "mbind", "migrate_pages", "mount", "mount_setattr", "move_mount",
    "move_pages", "mpx", "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open",
    "pivot_root", "prof", "profil", "putpmsg", "query_module", "quotactl", "quotactl_fd", "reboot",
    "request_key", "security", "set_mempolicy", "set_mempolicy_home_node", "setdomainname",
    "sethostname", "setns", "settimeofday", "stime", "stty", "swapoff", "swapon", "sysfs", "syslog",
    "tuxcall", "ulimit", "umount", "umount2", "uselib", "userfaultfd", "ustat", "vhangup", "vm86",
    "vm86old", "vserver",
};

constexpr NumberedCall kYoungAllowed[] = {
    {"cachestat", 451},
    {"fchmodat2", 452},
    {"map_shadow_stack", 453},
    {"futex_wake", 454},
    {"futex_wait", 455},
    {"futex_requeue", 456},
    {"mseal", 462},
};

constexpr CapabilityCall kOfCapabilities[] = {
    {"bpf", CAP_SYS_ADMIN}, {"bpf", CAP_BPF}, {"fanotify_init", CAP_SYS_ADMIN},
    {"fsconfig", CAP_SYS_ADMIN}, {"fsmount", CAP_SYS_ADMIN}, {"fsopen", CAP_SYS_ADMIN},
    {"fspick", CAP_SYS_ADMIN}, {"lookup_dcookie", CAP_SYS_ADMIN}, {"mbind", CAP_SYS_NICE},
    {"mount", CAP_SYS_ADMIN}, {"mount_setattr", CAP_SYS_ADMIN}, {"move_mount", CAP_SYS_ADMIN},
    {"open_by_handle_at", CAP_DAC_READ_SEARCH}, {"open_tree", CAP_SYS_ADMIN},
    {"perf_event_open", CAP_PERFMON}, {"perf_event_open", CAP_SYS_ADMIN},
    {"pivot_root", CAP_SYS_ADMIN}, {"quotactl", CAP_SYS_ADMIN}, {"quotactl_fd", CAP_SYS_ADMIN},
    {"reboot", CAP_SYS_BOOT}, {"set_mempolicy", CAP_SYS_NICE},
    {"set_mempolicy_home_node", CAP_SYS_NICE}, {"setdomainname", CAP_SYS_ADMIN},
    {"sethostname", CAP_SYS_ADMIN}, {"setns", CAP_SYS_ADMIN}, {"syslog", CAP_SYSLOG},
    {"syslog", CAP_SYS_ADMIN}, {"umount", CAP_SYS_ADMIN}, {"umount2", CAP_SYS_ADMIN},
};

constexpr NumberedCall kSplitX86[] = {
    {"recvmmsg", 337},
    {"sendmmsg", 345},
    {"bind", 361},
    {"connect", 362},
    {"listen", 363},
    {"accept4", 364},
    {"getsockopt", 365},
    {"setsockopt", 366},
    {"getsockname", 367},
    {"getpeername", 368},
    {"sendto", 369},
    {"sendmsg", 370},
    {"recvfrom", 371},
    {"recvmsg", 372},
    {"shutdown", 373},
    {"semget", 393},
    {"semctl", 394},
    {"shmget", 395},
    {"shmctl", 396},
    {"shmat", 397},
    {"shmdt", 398},
    {"msgget", 399},
    {"msgsnd", 400},
    {"msgrcv", 401},
    {"msgctl", 402},
};
// clang-format on

}  // namespace

std::span<const char* const> allowed_calls() noexcept {
  return kAllowed;
}

std::span<const char* const> denied_calls() noexcept {
  return kDenied;
}

std::span<const NumberedCall> young_allowed_calls() noexcept {
  return kYoungAllowed;
}

std::span<const CapabilityCall> calls_of_capabilities() noexcept {
  return kOfCapabilities;
}

std::span<const NumberedCall> split_x86_calls() noexcept {
  return kSplitX86;
}

}  // namespace cbuild::sandbox
