// Answers the calls of a step that have to do with owners and credentials.
#pragma once

#include "src/sandbox/notifications.h"

namespace cbuild::sandbox {

struct CallContext;
struct Emulation;

/// What the call returns to its caller, once its effect is there.
/// @throws Error when the supervisor itself cannot go on
Reply answer_call(const Emulation& emulation, const Notification& notification);

// By family; answer_call() asks the one that the call belongs to.

Reply answer_stat(const CallContext& call);
Reply answer_statx(const CallContext& call);
Reply answer_chown(const CallContext& call);
Reply answer_chmod(const CallContext& call);
Reply answer_set_attribute(const CallContext& call);
Reply answer_list_attributes(const CallContext& call);

Reply answer_open(const CallContext& call);
Reply answer_openat2(const CallContext& call);
Reply answer_creat(const CallContext& call);
Reply answer_mkdir(const CallContext& call);
Reply answer_mknod(const CallContext& call);
Reply answer_symlink(const CallContext& call);

Reply answer_getuid(const CallContext& call);
Reply answer_geteuid(const CallContext& call);
Reply answer_getresuid(const CallContext& call);
Reply answer_getgid(const CallContext& call);
Reply answer_getegid(const CallContext& call);
Reply answer_getresgid(const CallContext& call);
Reply answer_getgroups(const CallContext& call);
Reply answer_setuid(const CallContext& call);
Reply answer_setreuid(const CallContext& call);
Reply answer_setresuid(const CallContext& call);
Reply answer_setfsuid(const CallContext& call);
Reply answer_setgid(const CallContext& call);
Reply answer_setregid(const CallContext& call);
Reply answer_setresgid(const CallContext& call);
Reply answer_setfsgid(const CallContext& call);
Reply answer_setgroups(const CallContext& call);
Reply answer_capget(const CallContext& call);
Reply answer_capset(const CallContext& call);
Reply answer_prctl(const CallContext& call);

Reply answer_execve(const CallContext& call);
Reply answer_getsockopt(const CallContext& call);

}  // namespace cbuild::sandbox
