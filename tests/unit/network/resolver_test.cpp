// Rules of the resolver: whom it asks, and which answers count.
#include "src/network/resolver.h"

#include <doctest/doctest.h>

#include "tests/unit/network/dns_query.h"
#include "tests/unit/network/support.h"

namespace cbuild::network {

namespace {

using namespace std::string_literals;

const std::string kAnswer = std::string(kQuery).replace(2, 2, "\x81\x80") + "records";

struct Service {
  explicit Service(std::vector<Endpoint> asked)
      : servers(std::move(asked)), resolver(loop, socket.get(), servers), running(loop) {}

  Fd client() const { return connect_to(endpoint_of(socket), SOCK_DGRAM); }

  EventLoop loop;
  Fd socket = make_server(SOCK_DGRAM);
  std::vector<Endpoint> servers;
  Resolver resolver;
  Running running;
};

/// Receives the query as a server does and sends these back.
void serve(const Fd& server, const std::vector<std::string>& answers) {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  std::string query(512, ' ');
  const ssize_t count = ::recvfrom(server.get(), query.data(), query.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
  REQUIRE(count == static_cast<ssize_t>(kQuery.size()));
  CHECK(query.substr(0, kQuery.size()) == kQuery);
  for (const std::string& answer : answers)
    ::sendto(server.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from),
             size);
}

}  // namespace

TEST_CASE("query and answer pass unchanged; an answer with another ID does not count") {
  const Fd server = make_server(SOCK_DGRAM);
  const Service service({endpoint_of(server)});
  const Fd client = service.client();
  send_all(client, kQuery);
  serve(server, {std::string(kAnswer).replace(0, 1, "\x13"), kAnswer});
  CHECK((receive(client) == kAnswer));
}

TEST_CASE("a server that refuses is followed by the next") {
  const Endpoint nobody = endpoint_of(make_server(SOCK_DGRAM));  // closed again
  const Fd server = make_server(SOCK_DGRAM);
  const Service service({nobody, endpoint_of(server)});
  const Fd client = service.client();
  send_all(client, kQuery);
  serve(server, {kAnswer});
  CHECK((receive(client) == kAnswer));
}

TEST_CASE("without servers the answer is a failure; what is no query has none") {
  const Service service({});
  const Fd client = service.client();
  send_all(client, "garbage");
  send_all(client, kAnswer);
  send_all(client, kQuery);
  const std::string answer = receive(client);
  REQUIRE(answer.size() == kQuery.size());
  CHECK((answer.substr(0, 2) == kQuery.substr(0, 2)));
  CHECK((answer[3] & 0x0f) == 2);
  CHECK(receive(client, MSG_DONTWAIT) == "errno " + std::to_string(EAGAIN));
}

}  // namespace cbuild::network
