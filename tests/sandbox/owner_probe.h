// What the parts of the owner probe share: reports of rules, and the checks by name.
#pragma once

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/// Prints the line of a rule: its name, and "ok" or the error that errno tells.
void report(const char* name, bool holds);

void make_file(const char* path);

/// These tell on the standard error which owner was seen instead.
bool is_owner(const struct stat& status, uid_t uid, gid_t gid);
bool has_owner(const char* path, uid_t uid, gid_t gid);
bool descriptor_has_owner(int fd, uid_t uid, gid_t gid);

/// Whether `action` returns true in a child.
template <typename Action>
bool in_child(Action action) {
  const pid_t child = fork();
  if (child == 0) _exit(action() ? 0 : 1);
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
}

// The owners of files, each for a family of calls: owner_probe_files.cpp.
void check_names();
void check_lives();
void check_links();
void check_devices();

// The credentials of processes and threads: owner_probe_credentials.cpp.
void check_credentials();
void check_users_files();
/// Executes `self` again, which says who it is.
void check_execution(const char* self);
void print_ids();
void check_threads();
void check_signals();
#if defined(__x86_64__)
void check_386();
#endif
