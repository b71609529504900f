// How registries are reached.
#include "src/registry/hosts.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>

#include <string>

#include "cbuild/util/fs.h"

namespace cbuild::registry {

TEST_CASE("registries are spoken to by https until they are known to speak http only") {
  Options options;
  options.insecure = {"lan.example:5000", "bare.example"};
  Hosts hosts(options);
  CHECK(hosts.base("docker.io").to_string() == "https://registry-1.docker.io/");
  CHECK(hosts.base("r.example:5000").to_string() == "https://r.example:5000/");

  struct Row {
    std::string registry;
    bool may;
    std::string plain;
  };

  const Row rows[] = {
      {"localhost:5000", true, "http://localhost:5000/"},
      {"127.0.0.1", true, "http://127.0.0.1/"},
      {"[::1]:5000", true, "http://[::1]:5000/"},
      {"lan.example:5000", true, "http://lan.example:5000/"},
      {"bare.example", true, "http://bare.example/"},
      {"lan.example", false, ""},
      {"bare.example:5000", false, ""},
      {"r.example", false, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.registry);
    const Url url = hosts.base(row.registry);
    CHECK(hosts.may_fall_back(url) == row.may);
    if (!row.may) continue;
    Url plain = url;
    plain.scheme = "http";
    if (plain.port == 443) plain.port = 80;
    hosts.remember_scheme(plain);
    CHECK(hosts.base(row.registry).to_string() == row.plain);
    CHECK_FALSE(hosts.may_fall_back(url));
  }
}

TEST_CASE("a host that answered by https stays with it") {
  Hosts hosts{Options{}};
  const Url url = hosts.base("localhost:5000");
  hosts.remember_scheme(url);
  CHECK_FALSE(hosts.may_fall_back(url));
  CHECK(hosts.base("localhost:5000").scheme == "https");
}

TEST_CASE("our certificate is for requests of our own, authorities are for all") {
  char directory[] = "/tmp/cbuild-hosts-XXXXXX";
  REQUIRE(::mkdtemp(directory) != nullptr);
  const std::string place = std::string(directory) + "/r.example";
  make_directories(place);
  for (const std::string name : {"ca.crt", "us.cert", "us.key"})
    write_file_atomically(place + "/" + name, name, 0600);
  Options options;
  options.certificate_directory = directory;
  Hosts hosts(options);
  const Url url = hosts.base("r.example");
  CHECK(hosts.tls(url, url, false)->certificate == place + "/us.cert");
  CHECK(hosts.tls(url, url, true)->certificate.empty());
  CHECK(hosts.tls(url, url, true)->authorities == "ca.crt\n");
  CHECK(hosts.tls(url, url, false)->key == place + "/us.key");
  remove_tree(AT_FDCWD, directory);
}

TEST_CASE("what is no host is refused") {
  Hosts hosts{Options{}};
  for (const std::string name : {"", "a/b", "u@h", "h:99999", "h\nx", "http://h"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(hosts.base(name), Error);
  }
}

}  // namespace cbuild::registry
