// Under which keys credentials are filed.
#include "src/registry/credential_keys.h"

#include <doctest/doctest.h>

#include "cbuild/oci/reference.h"

namespace cbuild::registry {

TEST_CASE("Docker Hub is filed under the URL that docker uses, others under their names") {
  for (const std::string name : {"docker.io", "index.docker.io", "https://index.docker.io/v1/"}) {
    CAPTURE(name);
    CHECK(server_key(name) == "https://index.docker.io/v1/");
  }
  CHECK(server_key("r.example:5000") == "r.example:5000");
  CHECK(server_key("registry-1.docker.io") == "registry-1.docker.io");
  CHECK(server_key("docker.io.example") == "docker.io.example");
}

TEST_CASE("keys lose their scheme and version only where these are all of it") {
  struct Row {
    std::string key;
    std::string result;
  };

  const Row rows[] = {
      {"", ""},
      {"https://", ""},
      {"r.example///", "r.example"},
      {"r.example/v1", "r.example"},
      {"r.example/v2/team", "r.example/v2/team"},
      {"r.example/v3", "r.example/v3"},
      {"HTTPS://r.example", "HTTPS://r.example"},
      {"index.docker.io/team", "docker.io/team"},
      {"index.docker.io.example", "index.docker.io.example"},
      {"http://index.docker.io/v2/", "docker.io"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.key);
    CHECK(normal_key(row.key) == row.result);
  }
}

TEST_CASE("candidates go from the repository to its registry") {
  using Keys = std::vector<std::string>;
  CHECK(key_candidates(oci::Reference::parse("r.example:5000/team/app:1")) ==
        Keys{"r.example:5000/team/app", "r.example:5000/team", "r.example:5000"});
  CHECK(key_candidates(oci::Reference::parse("debian")) ==
        Keys{"docker.io/library/debian", "docker.io/library", "docker.io"});
  // A repository may have the name of a version.
  CHECK(key_candidates(oci::Reference::parse("r.example/v2/v1")).front() == "r.example/v2/v1");
}

}  // namespace cbuild::registry
