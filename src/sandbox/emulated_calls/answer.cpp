// Hands each call to its family; see answer.h.
#include "src/sandbox/emulated_calls/answer.h"

#include <array>
#include <cstddef>
#include <iterator>
#include <utility>

#include "src/sandbox/emulated_calls/call_context.h"
#include "src/sandbox/standpoint.h"

namespace cbuild::sandbox {

namespace {

using Answer = Reply (*)(const CallContext&);

/// Nothing is emulated, but from now on the roots of threads may differ.
Reply answer_chroot(const CallContext& call) {
  call.emulation.standpoint.expect_other_roots();
  return Proceed{};
}

constexpr std::size_t kCalls = static_cast<std::size_t>(Call::last) + 1;

constexpr std::pair<Call, Answer> kRows[] = {
    {Call::stat, answer_stat},
    {Call::statx, answer_statx},
    {Call::chown, answer_chown},
    {Call::chmod, answer_chmod},
    {Call::open, answer_open},
    {Call::openat2, answer_openat2},
    {Call::creat, answer_creat},
    {Call::mkdir, answer_mkdir},
    {Call::mknod, answer_mknod},
    {Call::symlink, answer_symlink},
    {Call::execve, answer_execve},
    {Call::chroot, answer_chroot},
    {Call::set_attribute, answer_set_attribute},
    {Call::list_attributes, answer_list_attributes},
    {Call::setuid, answer_setuid},
    {Call::setreuid, answer_setreuid},
    {Call::setresuid, answer_setresuid},
    {Call::setfsuid, answer_setfsuid},
    {Call::setgid, answer_setgid},
    {Call::setregid, answer_setregid},
    {Call::setresgid, answer_setresgid},
    {Call::setfsgid, answer_setfsgid},
    {Call::setgroups, answer_setgroups},
    {Call::getuid, answer_getuid},
    {Call::geteuid, answer_geteuid},
    {Call::getresuid, answer_getresuid},
    {Call::getgid, answer_getgid},
    {Call::getegid, answer_getegid},
    {Call::getresgid, answer_getresgid},
    {Call::getgroups, answer_getgroups},
    {Call::capget, answer_capget},
    {Call::capset, answer_capset},
    {Call::prctl, answer_prctl},
    {Call::getsockopt, answer_getsockopt},
};

static_assert(std::size(kRows) == kCalls, "a call without an answer, or with two");

/// By call.
constexpr std::array<Answer, kCalls> kAnswers = [] {
  std::array<Answer, kCalls> answers{};
  for (const auto& [call, answer] : kRows)
    answers[static_cast<std::size_t>(call)] = answer;
  return answers;
}();

}  // namespace

Reply answer_call(const Emulation& emulation, const Notification& notification) {
  const CallForm* form = find_call_form(notification.architecture, notification.number);
  if (form == nullptr) return Proceed{};
  const CallContext call{
      .emulation = emulation,
      .notification = notification,
      .form = *form,
      .tracee = Tracee(notification, emulation.listener, emulation.standpoint.proc())};
  if (!emulation.standpoint.move_to(notification.thread)) {
    emulation.standpoint.return_home();
    return failing(EACCES);
  }
  Reply reply = kAnswers.at(static_cast<std::size_t>(form->call))(call);
  if (emulation.standpoint.is_away()) emulation.standpoint.return_home();
  return reply;
}

}  // namespace cbuild::sandbox
