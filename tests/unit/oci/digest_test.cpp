#include "cbuild/oci/digest.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"

using namespace cbuild;
using namespace cbuild::oci;

TEST_CASE("Digest::try_parse accepts sha256 and 64 lower-case hex digits only") {
  const std::string hex(64, 'a');

  struct Row {
    std::string text;
    bool ok;
  };

  const Row rows[] = {{"sha256:" + hex, true},
                      {"sha256:" + hex + "0", false},
                      {"sha256:" + std::string(64, 'A'), false},
                      {"sha512:" + hex, false},
                      {"sha256:../../../../etc/passwd", false},
                      {"", false}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(Digest::try_parse(row.text).has_value() == row.ok);
  }
  CHECK(Digest::of("abc").to_string() ==
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("chain_id is the diff ID for the first layer and a digest of both after it") {
  const Digest a = Digest::of("a");
  const Digest b = Digest::of("b");
  CHECK(chain_id(std::nullopt, a) == a);
  CHECK(chain_id(a, b) == Digest::of(a.to_string() + " " + b.to_string()));
}
