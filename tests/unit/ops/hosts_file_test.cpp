// Rules of /etc/hosts: which lines a step gets.
#include "src/ops/hosts_file.h"

#include <doctest/doctest.h>

#include "cbuild/ops/run_settings.h"

namespace cbuild::ops {

TEST_CASE("loopback has the name of the step; entries follow in their order") {
  CHECK(hosts_file("step", {{"b", "192.0.2.1"}, {"a", "2001:db8::1"}}, "10.0.0.1") ==
        "127.0.0.1\tlocalhost step\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        "192.0.2.1\tb\n2001:db8::1\ta\n");
}

TEST_CASE("an entry for the host has the address of the gateway") {
  const std::string text = hosts_file("step", {{"host", kHostGateway}}, "10.0.0.1");
  CHECK(text.ends_with("\n10.0.0.1\thost\n"));
  CHECK(text.find(kHostGateway) == std::string::npos);
}

}  // namespace cbuild::ops
