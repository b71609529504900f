// What passes between a step and an ssh agent.
#include "src/ops/ssh_proxy.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

/// An agent that answers every message with the same one.
class EchoAgent {
 public:
  explicit EchoAgent(const TempTree& tree)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, tree.at("agent").c_str());
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 10) == 0);
    socket = open_file(tree.at("agent"), O_PATH);
    thread_ = std::thread([this] { serve(); });
  }

  ~EchoAgent() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  Fd socket;

 private:
  void serve() {
    for (;;) {
      const Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      char buffer[256];
      for (ssize_t count = 0; (count = ::read(client.get(), buffer, sizeof buffer)) > 0;)
        (void)!::write(client.get(), buffer, static_cast<std::size_t>(count));
    }
  }

  Fd listener_;
  std::thread thread_;
};

std::string ask(const Fd& socket, const std::string& message) {
  REQUIRE(::write(socket.get(), message.data(), message.size()) ==
          static_cast<ssize_t>(message.size()));
  std::string answer(256, '\0');
  const ssize_t count = ::read(socket.get(), answer.data(), answer.size());
  answer.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return answer;
}

std::string message(char type) {
  return std::string("\0\0\0\3", 4) + type + "xy";
}

const std::string kRefusal("\0\0\0\1\5", 5);

}  // namespace

TEST_CASE("a step may list and use keys, and not change them") {
  struct Row {
    unsigned char type;
    bool passed;
  };

  // REQUEST_IDENTITIES, SIGN_REQUEST, EXTENSION; ADD, REMOVE, REMOVE_ALL, smart cards, LOCK, UNLOCK
  const Row rows[] = {{11, true},  {13, true},  {27, true},  {17, false}, {18, false},
                      {19, false}, {20, false}, {21, false}, {22, false}, {23, false},
                      {25, false}, {26, false}, {0, false},  {1, false},  {255, false}};
  const TempTree tree;
  const EchoAgent agent(tree);
  const SshProxy proxy(tree.fd(), "proxy", {0600, ::geteuid(), ::getegid()}, agent.socket);
  const Fd client = connect_to(proxy.socket());
  for (const Row& row : rows) {
    CAPTURE(row.type);
    CHECK(may_ask_agent(row.type) == row.passed);
    const std::string request = message(static_cast<char>(row.type));
    CHECK(ask(client, request) == (row.passed ? request : kRefusal));
  }
}

TEST_CASE("an empty message and one that is too long end the connection") {
  const TempTree tree;
  const EchoAgent agent(tree);
  const SshProxy proxy(tree.fd(), "proxy", {0600, ::geteuid(), ::getegid()}, agent.socket);
  CHECK(ask(connect_to(proxy.socket()), std::string(4, '\0')).empty());
  CHECK(ask(connect_to(proxy.socket()), "\x7f\xff\xff\xff").empty());
  CHECK(ask(connect_to(proxy.socket()), message(11)) == message(11));
}

TEST_CASE("the socket has the mode asked for, and connections do not keep the proxy") {
  const TempTree tree;
  const EchoAgent agent(tree);
  Fd client;
  {
    const SshProxy proxy(tree.fd(), "proxy", {0666, ::geteuid(), ::getegid()}, agent.socket);

    struct stat status {};

    REQUIRE(::fstat(proxy.socket().get(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0666);
    client = connect_to(proxy.socket());
    CHECK(ask(client, message(11)) == message(11));
  }
  char letter = 0;
  CHECK(::read(client.get(), &letter, 1) == 0);
}

}  // namespace cbuild::ops
