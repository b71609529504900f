// Rules of resolv.conf: which servers count, which lines stay.
#include "src/network/resolver_config.h"

#include <doctest/doctest.h>

#include "cbuild/network/private_network.h"

namespace cbuild::network {

namespace {

std::vector<std::string> servers(const char* content) {
  std::vector<std::string> texts;
  for (const Endpoint& server : parse_resolv_conf(content).servers)
    texts.push_back(server.to_string());
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the first three servers count, with port 53") {
  CHECK(servers("nameserver 127.0.0.53\n") == Texts{"127.0.0.53:53"});
  CHECK(servers("nameserver\t192.0.2.1  \n  nameserver 2001:db8::1 # here\nnameserver 3.3.3.3\n"
                "nameserver 4.4.4.4") == Texts{"192.0.2.1:53", "[2001:db8::1]:53", "3.3.3.3:53"});
  CHECK(servers("").empty());
}

TEST_CASE("comments, unknown words and servers that are none are left out") {
  CHECK(servers("# nameserver 1.1.1.1\n;nameserver 1.1.1.1\nnameserver\nnameserver example.org\n"
                "nameserver fe80::1%eth0\nsortlist 1.1.1.1\n")
            .empty());
}

TEST_CASE("other servers take the place of those that were there; search and options stay") {
  CHECK(with_servers("nameserver 1.1.1.1\nsearch a.example  b.example\n# x\noptions ndots:2\n",
                     {"10.89.0.1", "::1"}) ==
        "nameserver 10.89.0.1\nnameserver ::1\nsearch a.example b.example\noptions ndots:2\n");
  CHECK(with_servers("", {"1.1.1.1"}) == "nameserver 1.1.1.1\n");
}

}  // namespace cbuild::network
