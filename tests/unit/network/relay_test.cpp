// Rules of a stream: bytes and their end reach the other socket, or the failure is told.
#include "src/network/relay.h"

#include <doctest/doctest.h>

#include "src/network/pipe_pool.h"
#include "tests/unit/network/support.h"

namespace cbuild::network {

namespace {

struct Pair {
  Pair() {
    std::array<int, 2> fds{-1, -1};
    ::signal(SIGPIPE, SIG_IGN);  // as main() does
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
    near = Fd(fds[0]);
    far = Fd(fds[1]);
  }

  Fd near;
  Fd far;
};

struct Streamed {
  Pair from;
  Pair to;
  PipePool pipes;
  Stream stream{from.near.get(), to.near.get(), pipes};
};

}  // namespace

TEST_CASE("a stream passes bytes on, then the end") {
  Streamed s;
  send_all(s.from.far, "hello");
  CHECK(s.stream.move() == Stream::Progress::waits);
  CHECK(receive(s.to.far) == "hello");
  ::shutdown(s.from.far.get(), SHUT_WR);
  CHECK(s.stream.move() == Stream::Progress::ended);
  CHECK(receive(s.to.far) == "");
  CHECK(s.stream.move() == Stream::Progress::ended);
}

TEST_CASE("a stream to a peer that is gone is broken") {
  Streamed s;
  s.to.far = Fd();
  send_all(s.from.far, "x");
  CHECK(s.stream.move() == Stream::Progress::broken);
}

TEST_CASE("more than pipe and socket hold reaches a slow reader whole, before the end") {
  Streamed s;
  std::string sent(4 << 20, ' ');
  for (std::size_t i = 0; i < sent.size(); ++i)
    sent[i] = static_cast<char>(i * 31 + i / 4096);
  std::string got;
  std::size_t done = 0;
  auto progress = Stream::Progress::waits;
  for (int rounds = 0; rounds < 100'000 && progress != Stream::Progress::ended; ++rounds) {
    const ssize_t count =
        ::send(s.from.far.get(), sent.data() + done, sent.size() - done, MSG_NOSIGNAL);
    if (count > 0) done += static_cast<std::size_t>(count);
    if (done == sent.size()) ::shutdown(s.from.far.get(), SHUT_WR);
    progress = s.stream.move();
    REQUIRE(progress != Stream::Progress::broken);
    if (rounds % 4 != 0) continue;
    const std::string part = receive(s.to.far, MSG_DONTWAIT);
    if (!part.starts_with("errno ")) got += part;
  }
  REQUIRE(progress == Stream::Progress::ended);
  for (std::string part = receive(s.to.far); !part.empty(); part = receive(s.to.far))
    got += part;
  CHECK((got == sent));
}

}  // namespace cbuild::network
