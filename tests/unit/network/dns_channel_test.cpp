// Rules of messages in a stream: each is taken whole, however it arrives.
#include "src/network/dns_channel.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "tests/unit/network/support.h"

namespace cbuild::network {

namespace {

using namespace std::string_literals;

struct Pair {
  Pair() {
    std::array<int, 2> fds{-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
    channel.emplace(Fd(fds[0]));
    far = Fd(fds[1]);
  }

  std::string next() {
    channel->read();
    const auto message = channel->next();
    if (!message) return "none";
    return {reinterpret_cast<const char*>(message->data()), message->size()};
  }

  std::optional<DnsChannel> channel;
  Fd far;
};

}  // namespace

TEST_CASE("a message is taken when it is whole") {
  Pair pair;
  const std::string stream = "\0\5hello\0\0\0\2ab"s;
  for (const char c : stream.substr(0, 6)) {
    send_all(pair.far, std::string(1, c));
    CHECK(pair.next() == "none");
  }
  send_all(pair.far, stream.substr(6));
  CHECK(pair.next() == "hello");
  CHECK(pair.next() == "");
  CHECK(pair.next() == "ab");
  CHECK(pair.next() == "none");
  CHECK(!pair.channel->at_end());
  ::shutdown(pair.far.get(), SHUT_WR);
  CHECK(pair.next() == "none");
  CHECK(pair.channel->at_end());
}

TEST_CASE("a message is written with its length; what is not read waits") {
  Pair pair;
  const std::string text = "hello";
  pair.channel->put(std::as_bytes(std::span(text)));
  CHECK(!pair.channel->is_flushed());
  pair.channel->write();
  CHECK(pair.channel->is_flushed());
  CHECK((receive(pair.far) == "\0\5hello"s));

  const std::vector<std::byte> large(65535);
  while (!pair.channel->is_full()) {
    pair.channel->put(large);
    pair.channel->write();
  }
  CHECK(!pair.channel->is_broken());
  pair.far = Fd();
}

TEST_CASE("a stream that is never taken from is not read without end") {
  Pair pair;
  const std::string block(100000, '\xff');
  const timeval patience{0, 20000};
  ::setsockopt(pair.far.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  std::size_t taken = 0;
  for (int i = 0; i < 100; ++i) {
    const ssize_t count = ::send(pair.far.get(), block.data(), block.size(), MSG_NOSIGNAL);
    if (count > 0) taken += static_cast<std::size_t>(count);
    pair.channel->read();
  }
  CHECK(taken < 1000000);
}

}  // namespace cbuild::network
