// SHA-256 against the examples of FIPS 180-4.
#include "cbuild/util/sha256.h"

#include <doctest/doctest.h>

#include <string>

namespace cbuild {

TEST_CASE("sums are those of the standard") {
  CHECK(to_hex(Sha256::of("")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(Sha256::of("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(Sha256::of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(to_hex(Sha256::of(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("pieces make no difference") {
  const std::string text(200, 'x');
  for (const std::size_t piece : {1, 63, 64, 65, 199}) {
    Sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += piece)
      hash.update(std::string_view(text).substr(at, piece));
    CHECK(hash.finish() == Sha256::of(text));
  }
}

TEST_CASE("a copy goes its own way") {
  Sha256 common;
  common.update("ab");
  Sha256 other = common;
  common.update("c");
  other.update("d");
  CHECK(common.finish() == Sha256::of("abc"));
  CHECK(other.finish() == Sha256::of("abd"));
}

TEST_CASE("hexadecimal digits are lower-case") {
  const std::uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
  CHECK(to_hex(bytes) == "000fa5ff");
  CHECK(is_hex("0123456789abcdef"));
  CHECK(is_hex(""));
  CHECK_FALSE(is_hex("A"));
  CHECK_FALSE(is_hex("g"));
  CHECK_FALSE(is_hex("1 "));
}

}  // namespace cbuild
