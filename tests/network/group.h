// A group of containers for tests: its host's loop runs on a thread.
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cbuild/network/group_network.h"
#include "cbuild/util/error.h"
#include "cbuild/util/event_loop.h"
#include "src/network/inside_thread.h"
#include "tests/network/outside.h"

namespace cbuild::network {

/// A container, as far as a network knows it.
struct Container {
  Fd name_space;
  std::vector<Attachment::Id> attachments;
};

/// The outside is that of enter_outside(). All calls are made on the loop's thread.
class Group {
 public:
  explicit Group(GroupNetwork::Options options = {.resolv_conf = {}, .servers = {"127.0.0.53"}}) {
    enter_outside();
    thread_ = std::thread([this] { loop_.run(); });
    call([&] { network_.emplace(loop_, options); });
  }

  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  ~Group() {
    call([&] { network_.reset(); });
    loop_.stop();
    thread_.join();
  }

  template <typename Action>
  void call(Action&& action) {
    call_on(loop_, action);
  }

  GroupNetwork& network() { return *network_; }

  /// The gateway is the first address.
  void add(const char* name, const char* id, const char* subnet, bool internal = false) {
    const Subnet parsed = Subnet::parse(subnet);
    call([&] {
      network_->add_bridge({.network = name,
                            .id = id,
                            .subnet = parsed,
                            .gateway = parsed.host(1).value(),
                            .internal = internal});
    });
  }

  Attachment::Id attach(const Container& container,
                        const char* network,
                        const char* address,
                        std::vector<std::string> names = {}) {
    return attach({.name_space = container.name_space.get(),
                   .network = network,
                   .address = Endpoint::parse(address, 0).value(),
                   .names = std::move(names)});
  }

  Attachment::Id attach(const Attachment& attachment) {
    Attachment::Id id{};
    call([&] { id = network_->attach(attachment); });
    return id;
  }

  /// A container in one network.
  Container make(const char* network, const char* address, std::vector<std::string> names = {}) {
    Container container{GroupNetwork::make_namespace(), {}};
    container.attachments.push_back(attach(container, network, address, std::move(names)));
    return container;
  }

  void detach(const Container& container) {
    call([&] {
      for (const auto id : container.attachments)
        network_->detach(id);
    });
  }

  /// Publishes a free port of the host. @return it
  std::uint16_t publish(const char* target,
                        std::uint16_t port,
                        Protocol protocol = Protocol::tcp,
                        GroupNetwork::PublicationId* id = nullptr) {
    BoundPort bound = bind_port({.container = {port, protocol}});
    call([&] {
      for (Fd& socket : bound.sockets) {
        const auto made =
            network_->publish(std::move(socket), protocol, Endpoint::parse(target, port).value());
        if (id != nullptr && &socket == &bound.sockets.front()) *id = made;
      }
    });
    return bound.port;
  }

 private:
  EventLoop loop_;
  std::optional<GroupNetwork> network_;
  std::thread thread_;
};

inline void inside(const Container& container, const std::function<void()>& action) {
  inside(container.name_space.get(), action);
}

/// Accepts one connection, reads it to its end and sends back what came, with a mark before it.
inline void echo_once(const Fd& server) {
  const Fd connection(::accept(server.get(), nullptr, nullptr));
  std::string text;
  read_to_end(connection, text);
  send_all(connection, "back:" + text);
}

/// Sends the text, ends that direction, and reads the other. "reset" when it fails, or the errno of
/// another error.
inline std::string converse(const Fd& socket, std::string_view text) {
  const auto failure = [](int code) {
    return code == ECONNRESET || code == EPIPE ? "reset" : "errno " + std::to_string(code);
  };
  try {
    send_all(socket, text);
  } catch (const SysError& error) {
    return failure(error.code());
  }
  ::shutdown(socket.get(), SHUT_WR);
  std::string answer;
  const int code = read_to_end(socket, answer);
  return code == 0 ? answer : failure(-code);
}

}  // namespace cbuild::network
