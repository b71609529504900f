// Threads that forward requests; see ssh_proxy.h.
#include "src/ops/ssh_proxy.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/log.h"

namespace cbuild::ops {

namespace {

constexpr std::size_t kMaxConnections = 64;
constexpr std::uint32_t kMaxMessage = 256 * 1024;  // as OpenSSH's agent

// Message types of the agent protocol.
constexpr unsigned char kFailure = 5;
constexpr unsigned char kRequestIdentities = 11;
constexpr unsigned char kSignRequest = 13;
constexpr unsigned char kExtension = 27;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw Error("{}: the path is too long for a socket", path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Fd new_socket() {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw SysError("make a socket");
  return fd;
}

/// Waits until `fd` is ready; false when the proxy ends.
bool wait_for(int fd, short events, const Fd& stop) {
  for (;;) {
    std::array<pollfd, 2> polls{{{fd, events, 0}, {stop.get(), POLLIN, 0}}};
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) return false;
    if (polls[1].revents != 0) return false;
    if (polls[0].revents != 0) return true;
  }
}

bool read_exactly(const Fd& from, char* data, std::size_t size, const Fd& stop) {
  while (size > 0) {
    if (!wait_for(from.get(), POLLIN, stop)) return false;
    const ssize_t count = ::recv(from.get(), data, size, MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return false;
    data += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool write_exactly(const Fd& to, std::string_view data, const Fd& stop) {
  while (!data.empty()) {
    if (!wait_for(to.get(), POLLOUT, stop)) return false;
    const ssize_t count = ::send(to.get(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Reads one message with its length; nullopt at the end of the stream, and for an empty or too
/// long message.
std::optional<std::string> read_message(const Fd& from, const Fd& stop) {
  std::string message(4, '\0');
  if (!read_exactly(from, message.data(), message.size(), stop)) return std::nullopt;
  std::uint32_t size = 0;
  for (const char byte : message)
    size = size << 8 | static_cast<unsigned char>(byte);
  if (size == 0 || size > kMaxMessage) return std::nullopt;
  message.resize(4 + size);
  if (!read_exactly(from, message.data() + 4, size, stop)) return std::nullopt;
  return message;
}

}  // namespace

bool may_ask_agent(unsigned char type) noexcept {
  return type == kRequestIdentities || type == kSignRequest || type == kExtension;
}

Fd connect_to(const Fd& socket) {
  const sockaddr_un address = address_of(fd_path(socket.get()));
  Fd fd = new_socket();
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw SysError("connect to the ssh agent");
  }
  return fd;
}

SshProxy::SshProxy(const Fd& directory,
                   const std::string& name,
                   const SocketLook& look,
                   const Fd& agent)
    : agent_(agent), stop_(::eventfd(0, EFD_CLOEXEC)), listener_(new_socket()) {
  if (!stop_) throw SysError("eventfd");
  const sockaddr_un address = address_of(fd_path(directory.get(), name));
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), SOMAXCONN) != 0) {
    throw SysError("make a socket for the ssh agent");
  }
  socket_ = open_itself(directory, name);
  with_context("the socket for the ssh agent", [&] {
    set_owner(socket_, look.uid, look.gid);
    set_mode(socket_, look.mode);
  });
  accepting_ = std::thread([this] { accept_all(); });
}

SshProxy::~SshProxy() {
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);
  accepting_.join();
  for (Connection& connection : connections_)
    connection.thread.join();
}

void SshProxy::accept_all() {
  while (wait_for(listener_.get(), POLLIN, stop_)) {
    forget_old_connections();
    Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    // Connections above the limit are closed.
    if (client && connections_.size() < kMaxConnections) begin_connection(std::move(client));
  }
}

void SshProxy::begin_connection(Fd client) {
  Connection& connection = connections_.emplace_back();
  try {
    connection.thread = std::thread([this, &connection, socket = std::move(client)] {
      serve(socket);
      connection.over = true;
    });
  } catch (const std::system_error& error) {  // no thread to be had
    connections_.pop_back();
    log_debug("ssh agent: {}", error.what());
  }
}

void SshProxy::forget_old_connections() {
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (!it->over) {
      ++it;
      continue;
    }
    it->thread.join();
    it = connections_.erase(it);
  }
}

/// Requests and answers alternate.
void SshProxy::serve(const Fd& client) const {
  static constexpr std::string_view kRefusal("\0\0\0\1\5", 5);
  static_assert(kRefusal.back() == kFailure);
  try {
    const Fd agent = connect_to(agent_);
    while (const auto request = read_message(client, stop_)) {
      if (!may_ask_agent(static_cast<unsigned char>((*request)[4]))) {
        if (!write_exactly(client, kRefusal, stop_)) return;
        continue;
      }
      if (!write_exactly(agent, *request, stop_)) return;
      const auto answer = read_message(agent, stop_);
      if (!answer || !write_exactly(client, *answer, stop_)) return;
    }
  } catch (const std::exception& error) {
    log_debug("ssh agent: {}", error.what());
  }
}

}  // namespace cbuild::ops
