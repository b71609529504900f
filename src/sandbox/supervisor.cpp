// The thread of a supervisor; see supervisor.h.
#include "src/sandbox/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "src/sandbox/capabilities.h"
#include "src/sandbox/credential_table.h"
#include "src/sandbox/descriptor_message.h"
#include "src/sandbox/emulated_calls/answer.h"
#include "src/sandbox/emulated_calls/call_context.h"
#include "src/sandbox/link_records.h"
#include "src/sandbox/notifications.h"
#include "src/sandbox/standpoint.h"
#include "src/sandbox/step_owners.h"
#include "src/sandbox/syscalls.h"

namespace cbuild::sandbox {

namespace {

EmulatedCredentials first_credentials(const Spec& spec, std::uint64_t bounding) {
  EmulatedCredentials credentials{.user = EmulatedIds::all(spec.uid),
                                  .group = EmulatedIds::all(spec.gid),
                                  .groups = spec.groups};
  if (spec.uid == 0) credentials.permitted = credentials.effective = bounding;
  return credentials;
}

/// Files of the sandbox itself that are not root's.
void load_mounted_owners(const Spec& spec, StepOwners& owners) {
  const auto give = [&](const std::string& path, std::uint32_t uid, std::uint32_t gid) {
    const Fd file(open_resolved(AT_FDCWD, path.c_str(), O_PATH, 0));
    if (file) owners.set_permanent(file.get(), {.uid = uid, .gid = gid});
  };
  for (const Mount& mount : spec.mounts) {
    const auto* file = std::get_if<MemoryFile>(&mount);
    if (file != nullptr) give("/" + file->target, file->uid, file->gid);
    const auto* tmpfs = std::get_if<TmpfsMount>(&mount);
    if (tmpfs != nullptr) give("/" + tmpfs->target, tmpfs->uid, tmpfs->gid);
  }
  if (std::holds_alternative<Terminal>(spec.streams)) give("/dev/pts/0", spec.uid, 0);
}

}  // namespace

struct Supervisor::State {
  State(
      const Spec& wanted, Fd from, int init_of, StandIns devices, std::shared_ptr<OwnerTable> known)
      : spec(wanted),
        owners_of_files(std::move(known)),
        stand_ins(std::move(devices)),
        channel(std::move(from)),
        init(init_of),
        upper(wanted.root.upper.empty()
                  ? -1
                  : ::open((wanted.root.base + "/" + wanted.root.upper).c_str(),
                           O_PATH | O_DIRECTORY | O_CLOEXEC)),
        stop(::eventfd(0, EFD_CLOEXEC)) {
    if (!stop) throw SysError("eventfd");
    if (!upper && !wanted.root.upper.empty()) throw SysError("open {}", wanted.root.upper);
  }

  void run() noexcept;
  void supervise();
  void emulate(const Listener& listener, Fd root);
  template <typename Answer>
  void answer_until_end(const Listener& listener, const Answer& answer) const;

  const Spec& spec;
  std::shared_ptr<OwnerTable> owners_of_files;
  StandIns stand_ins;
  Fd channel;
  int init;
  Fd upper;
  Fd stop;  ///< readable when the sandbox is over
  std::exception_ptr failure;
  std::thread thread;
};

void Supervisor::State::run() noexcept {
  try {
    supervise();
  } catch (...) {
    failure = std::current_exception();
    ::syscall(SYS_pidfd_send_signal, init, SIGKILL, nullptr, 0);
  }
}

void Supervisor::State::supervise() {
  std::vector<Fd> received = receive_descriptors(channel);
  if (received.size() != 2) return;  // the set-up has failed; the report says why
  const Listener listener(std::move(received[0]));
  if (stand_ins.empty()) return emulate(listener, std::move(received[1]));
  const DeviceOpener devices(stand_ins, std::move(received[1]));
  answer_until_end(listener, [&](const Notification& notification) {
    return devices.answer(notification, listener);
  });
}

void Supervisor::State::emulate(const Listener& listener, Fd root) {
  Standpoint standpoint(std::move(root));
  StepOwners owners(standpoint.shares_proc(), *owners_of_files);
  const std::uint64_t bounding = kept_capabilities(spec);
  CredentialTable credentials(standpoint.proc(), first_credentials(spec, bounding), bounding);
  if (spec.link_owners != nullptr) load_link_owners(*spec.link_owners, owners);
  load_mounted_owners(spec, owners);
  const Emulation emulation{standpoint, owners, credentials, listener};
  answer_until_end(listener, [&](const Notification& notification) {
    return answer_call(emulation, notification);
  });
  if (spec.link_owners != nullptr && upper)
    *spec.link_owners = collect_link_owners(upper.get(), standpoint.root(), owners);
}

template <typename Answer>
void Supervisor::State::answer_until_end(const Listener& listener, const Answer& answer) const {
  for (;;) {
    std::array<pollfd, 2> polls{{{listener.fd(), POLLIN, 0}, {stop.get(), POLLIN, 0}}};
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) throw SysError("poll");
    if (polls[1].revents != 0 || (polls[0].revents & (POLLHUP | POLLERR)) != 0) return;
    if ((polls[0].revents & POLLIN) == 0) continue;
    const auto notification = listener.receive();
    if (notification) listener.answer(*notification, answer(*notification));
  }
}

Supervisor::Supervisor(const Spec& spec, Fd channel, int init, StandIns stand_ins)
    : state_(std::make_unique<State>(
          spec, std::move(channel), init, std::move(stand_ins), std::make_shared<OwnerTable>())) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Supervisor::Supervisor(const Spec& spec, Fd channel, int process, const Supervisor& first)
    : state_(std::make_unique<State>(
          spec, std::move(channel), process, StandIns(), first.state_->owners_of_files)) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Supervisor::~Supervisor() {
  try {
    finish();
  } catch (const std::exception&) {  // a destructor cannot report it
  }
}

void Supervisor::finish() {
  if (!state_->thread.joinable()) return;
  constexpr std::uint64_t kOne = 1;
  (void)!::write(state_->stop.get(), &kOne, sizeof kOne);
  ::shutdown(state_->channel.get(), SHUT_RDWR);  // where it may still wait for the listener
  state_->thread.join();
  if (state_->failure) std::rethrow_exception(std::exchange(state_->failure, nullptr));
}

}  // namespace cbuild::sandbox
