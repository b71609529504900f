#include "cbuild/oci/digest.h"

#include <doctest/doctest.h>

#include "tests/support/errors.h"

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
                      {hex, false},
                      {"SHA256:" + hex, false},
                      {" sha256:" + hex, false},
                      {"sha256:" + hex.substr(1), false},
                      {"sha256:" + hex.substr(1) + "g", false},
                      {"sha256:" + hex.substr(1) + std::string(1, '\0'), false},
                      {"sha256:", false},
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

TEST_CASE("a digest is shown in full and short, and reads as it is shown") {
  const Digest digest = Digest::of("abc");
  CHECK(Digest::parse(digest.to_string()) == digest);
  CHECK(digest.hex() == digest.to_string().substr(7));
  CHECK(digest.short_hex() == "ba7816bf8f01");
  CHECK(Digest() == Digest::parse("sha256:" + std::string(64, '0')));
  CHECK(Digest() < digest);
  CHECK(std::hash<Digest>()(digest) == 0xba7816bf8f01cfea);
}

TEST_CASE("Digest::parse names the text, however long and whatever it holds") {
  CHECK(error_of([] { Digest::parse("md5:\x1b\n"); }) ==
        "'md5:\\x1b\\x0a' is not a digest (want sha256: and 64 lower-case hex digits)");
  CHECK(error_of([] { Digest::parse(std::string(1'000'000, 'x')); }).size() < 200);
}
