// Hands each call to its family; see answer.h.
#include "src/sandbox/emulated_calls/answer.h"

#include "src/sandbox/emulated_calls/call_context.h"
#include "src/sandbox/standpoint.h"

namespace cbuild::sandbox {

namespace {

Reply dispatch(const CallContext& call) {
  switch (call.form.call) {
    case Call::stat:
      return answer_stat(call);
    case Call::statx:
      return answer_statx(call);
    case Call::chown:
      return answer_chown(call);
    case Call::chmod:
      return answer_chmod(call);
    case Call::set_attribute:
      return answer_set_attribute(call);
    case Call::list_attributes:
      return answer_list_attributes(call);
    case Call::open:
      return answer_open(call);
    case Call::openat2:
      return answer_openat2(call);
    case Call::creat:
      return answer_creat(call);
    case Call::mkdir:
      return answer_mkdir(call);
    case Call::mknod:
      return answer_mknod(call);
    case Call::symlink:
      return answer_symlink(call);
    case Call::execve:
      return answer_execve(call);
    case Call::chroot:
      call.emulation.standpoint.expect_other_roots();
      return Proceed{};
    case Call::getuid:
      return answer_getuid(call);
    case Call::geteuid:
      return answer_geteuid(call);
    case Call::getresuid:
      return answer_getresuid(call);
    case Call::getgid:
      return answer_getgid(call);
    case Call::getegid:
      return answer_getegid(call);
    case Call::getresgid:
      return answer_getresgid(call);
    case Call::getgroups:
      return answer_getgroups(call);
    case Call::setuid:
      return answer_setuid(call);
    case Call::setreuid:
      return answer_setreuid(call);
    case Call::setresuid:
      return answer_setresuid(call);
    case Call::setfsuid:
      return answer_setfsuid(call);
    case Call::setgid:
      return answer_setgid(call);
    case Call::setregid:
      return answer_setregid(call);
    case Call::setresgid:
      return answer_setresgid(call);
    case Call::setfsgid:
      return answer_setfsgid(call);
    case Call::setgroups:
      return answer_setgroups(call);
    case Call::capget:
      return answer_capget(call);
    case Call::capset:
      return answer_capset(call);
    case Call::prctl:
      return answer_prctl(call);
    case Call::getsockopt:
      return answer_getsockopt(call);
  }
  __builtin_unreachable();
}

}  // namespace

Reply answer_call(const Emulation& emulation, const Notification& notification) {
  const CallForm* form = find_call_form(notification.architecture, notification.number);
  if (form == nullptr) return Proceed{};
  const CallContext call{.emulation = emulation,
                         .notification = notification,
                         .form = *form,
                         .tracee = Tracee(notification)};
  if (!emulation.standpoint.move_to(notification.thread)) {
    emulation.standpoint.return_home();
    return failing(EACCES);
  }
  Reply reply = dispatch(call);
  if (emulation.standpoint.is_away()) emulation.standpoint.return_home();
  return reply;
}

}  // namespace cbuild::sandbox
