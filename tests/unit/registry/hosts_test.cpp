// How registries are reached.
#include "src/registry/hosts.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>

#include <string>

#include "cbuild/registry/options.h"
#include "cbuild/util/fs.h"
#include "src/registry/tls_files.h"
#include "tests/support/temporary_directory.h"

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

TEST_CASE("docker.io is served by another host under each of its names") {
  CHECK(host_of_registry("docker.io") == "registry-1.docker.io");
  CHECK(host_of_registry("index.docker.io") == "registry-1.docker.io");
  CHECK(host_of_registry("registry-1.docker.io") == "registry-1.docker.io");
  CHECK(host_of_registry("docker.io:5000") == "docker.io:5000");
  CHECK(host_of_registry("r.example") == "r.example");
}

TEST_CASE("directories of certificates: docker's, containers', the given one last") {
  const auto some = certificate_directories("");
  const auto more = certificate_directories("/mine");
  REQUIRE(some.size() >= 2);
  CHECK(some[0] == "/etc/docker/certs.d");
  CHECK(some[1] == "/etc/containers/certs.d");
  CHECK(more.size() == some.size() + 1);
  CHECK(more.back() == "/mine");
}

TEST_CASE("http is never made https, nor tried in its place") {
  Hosts hosts{Options{}};
  CHECK_FALSE(hosts.may_fall_back(*Url::try_parse("http://localhost:5000/")));
  CHECK(hosts.tls(*Url::try_parse("http://r.example/"), *Url::try_parse("https://r.example/"),
                  false) == nullptr);
}

TEST_CASE("the first answer of a host decides for all later ones") {
  Hosts hosts{Options{}};
  hosts.remember_scheme(*Url::try_parse("https://localhost:5000/"));
  hosts.remember_scheme(*Url::try_parse("http://localhost:5000/"));
  CHECK(hosts.base("localhost:5000").scheme == "https");
  CHECK(hosts.base("localhost:5001").scheme == "https");
}

TEST_CASE("certificates of the registry's host hold where it redirects to, but not our own") {
  const TemporaryDirectory directory;
  for (const std::string host : {"r.example:5000", "cdn.example"})
    make_directories(directory.at(host));
  write_file_atomically(directory.at("r.example:5000/a.crt"), "registry", 0600);
  write_file_atomically(directory.at("r.example:5000/us.cert"), "", 0600);
  write_file_atomically(directory.at("r.example:5000/us.key"), "", 0600);
  write_file_atomically(directory.at("r.example:5000/ignored.pem"), "x", 0600);
  write_file_atomically(directory.at("cdn.example/b.crt"), "cdn", 0600);
  write_file_atomically(directory.at("more.pem"), "more", 0600);
  Options options;
  options.certificate_directory = directory.path();
  options.ca_files = {directory.at("more.pem")};
  Hosts hosts(options);
  const Url registry = *Url::try_parse("https://r.example:5000/");
  const auto elsewhere = hosts.tls(*Url::try_parse("https://cdn.example/x"), registry, false);
  REQUIRE(elsewhere);
  CHECK(elsewhere->authorities == "more\ncdn\nregistry\n");
  CHECK(elsewhere->certificate.empty());
  CHECK(hosts.tls(registry, registry, false)->authorities == "more\nregistry\n");
  // Another port is another host.
  const Url other = *Url::try_parse("https://r.example/");
  CHECK(hosts.tls(other, other, false)->authorities == "more\n");
}

TEST_CASE("certificates are read once") {
  const TemporaryDirectory directory;
  make_directories(directory.at("r.example"));
  write_file_atomically(directory.at("r.example/a.crt"), "first", 0600);
  Options options;
  options.certificate_directory = directory.path();
  Hosts hosts(options);
  const Url url = *Url::try_parse("https://r.example/");
  const auto before = hosts.tls(url, url, false);
  write_file_atomically(directory.at("r.example/a.crt"), "second", 0600);
  CHECK(hosts.tls(url, url, false) == before);
  const Url none = *Url::try_parse("https://none.example/");
  CHECK(hosts.tls(none, none, false) == nullptr);
}

TEST_CASE("a certificate without its key is named, and where the key should be") {
  const TemporaryDirectory directory;
  make_directories(directory.at("r.example"));
  write_file_atomically(directory.at("r.example/us.cert"), "", 0600);
  Options options;
  options.certificate_directory = directory.path();
  Hosts hosts(options);
  const Url url = *Url::try_parse("https://r.example/");
  try {
    hosts.tls(url, url, false);
    FAIL("it was taken");
  } catch (const Error& error) {
    CHECK(error.what() ==
          directory.at("r.example/us.cert") + ": the key of this certificate is missing");
    CHECK(error.hint() == "it should be " + directory.at("r.example/us.key"));
  }
  CHECK(hosts.tls(url, url, true) == nullptr);  // then nobody asks for it
}

}  // namespace cbuild::registry
