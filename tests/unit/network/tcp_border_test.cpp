// Rules of connections to a fixed target: what passes, and how each side hears of an end.
#include "src/network/tcp_border.h"

#include <doctest/doctest.h>

#include "src/network/pipe_pool.h"
#include "tests/unit/network/support.h"

namespace cbuild::network {

namespace {

const std::string kReset = "errno " + std::to_string(ECONNRESET);

struct Border {
  explicit Border(const Endpoint& target)
      : tcp(loop, pipes, listener.get(), [target](auto&&...) { return target; }), running(loop) {}

  Fd connect() const { return connect_to(endpoint_of(listener), SOCK_STREAM); }

  EventLoop loop;
  PipePool pipes;
  Fd listener = make_server(SOCK_STREAM, SOCK_NONBLOCK);
  TcpBorder tcp;
  Running running;
};

void end_with_reset(Fd socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

TEST_CASE("each connection goes to the target; the end of one direction leaves the other open") {
  const Fd server = make_server(SOCK_STREAM);
  const Border border(endpoint_of(server));
  for (const std::string text : {"one", "two"}) {
    const Fd guest = border.connect();
    const Fd host = accept_from(server);
    send_all(guest, text);
    ::shutdown(guest.get(), SHUT_WR);
    std::string got(3, ' ');
    CHECK(::recv(host.get(), got.data(), 3, MSG_WAITALL) == 3);
    CHECK(got == text);
    CHECK(receive(host) == "");
    send_all(host, "back");
    CHECK(receive(guest) == "back");
  }
}

TEST_CASE("a target that refuses is a reset") {
  const Endpoint nobody = endpoint_of(make_server(SOCK_STREAM));  // closed again
  const Border border(nobody);
  CHECK(receive(border.connect()) == kReset);
}

TEST_CASE("a reset of either side is a reset for the other") {
  const Fd server = make_server(SOCK_STREAM);
  const Border border(endpoint_of(server));
  for (const bool by_guest : {true, false}) {
    CAPTURE(by_guest);
    Fd guest = border.connect();
    Fd host = accept_from(server);
    send_all(guest, "x");
    CHECK(receive(host) == "x");
    end_with_reset(std::move(by_guest ? guest : host));
    CHECK(receive(by_guest ? host : guest) == kReset);
  }
}

}  // namespace cbuild::network
