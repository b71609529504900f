#include "cbuild/util/base64.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace cbuild {

using namespace std::string_view_literals;

TEST_CASE("base64 is written with padding, and read back at every length") {
  struct Row {
    std::string_view bytes;
    std::string_view text;
  };

  const Row rows[] = {{"", ""},
                      {"f", "Zg=="},
                      {"fo", "Zm8="},
                      {"foo", "Zm9v"},
                      {"foob", "Zm9vYg=="},
                      {"user:pass", "dXNlcjpwYXNz"},
                      {"\0\xff\0"sv, "AP8A"},
                      {"\xfb\xff\xbf", "+/+/"}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(base64_encode(row.bytes) == row.text);
    CHECK(base64_decode(row.text) == row.bytes);
  }
}

TEST_CASE("what is no base64 is not read") {
  struct Row {
    std::string_view text;
    std::string_view why;
  };

  const Row rows[] = {
      {"Zg", "without padding"},
      {"Zg=", "without all of it"},
      {"Z===", "no byte is one character"},
      {"Zm9v====", "padding of nothing"},
      {"====", "padding of nothing"},
      {"Zg==Zg==", "padding within"},
      {"Zm=v", "padding within"},
      {"Zm9v\n", "a line break"},
      {"\nZm9", "a line break"},
      {"    Zm9v", "blanks, which OpenSSL trims"},
      {"Zm9v    ", "blanks, which OpenSSL trims"},
      {"Zm9v----", "an end to OpenSSL"},
      {"Zm 9", "a blank within"},
      {"a*b=", "not of the alphabet"},
      {"_-_-", "of the alphabet for URLs"},
      {"Zm9\0"sv, "NUL"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CAPTURE(row.text);
    CHECK(base64_decode(row.text) == std::nullopt);
  }
}

}  // namespace cbuild
