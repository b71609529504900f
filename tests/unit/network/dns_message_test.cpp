// Rules of DNS messages: what is one, what answers what.
#include "src/network/dns_message.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/unit/network/dns_query.h"

namespace cbuild::network {

namespace {

using namespace std::string_literals;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string with(std::size_t at, std::string_view replacement) {
  return std::string(kQuery).replace(at, replacement.size(), replacement);
}

bool is_answer(const std::string& response) {
  const auto parsed = parse_dns(bytes(response));
  return parsed && answers(*parsed, *parse_dns(bytes(kQuery)));
}

}  // namespace

TEST_CASE("a query is read up to the end of its question") {
  const auto message = parse_dns(bytes(kQuery + "more"));
  REQUIRE(message);
  CHECK(message->id == 0x1234);
  CHECK(!message->is_response);
  CHECK(message->question.size() == 10);
}

TEST_CASE("every truncation of a query is no message") {
  for (std::size_t size = 0; size < kQuery.size(); ++size) {
    CAPTURE(size);
    CHECK(!parse_dns(bytes(kQuery).first(size)));
  }
}

TEST_CASE("no question, two questions, compressed and overlong names are no message") {
  CHECK(!parse_dns(bytes(with(4, "\x00\x00"s))));
  CHECK(!parse_dns(bytes(with(4, "\x00\x02"s))));
  CHECK(!parse_dns(bytes(with(12, "\xc0"s))));
  CHECK(!parse_dns(bytes(with(12, "\x40"s))));
  std::string overlong = kQuery.substr(0, 12);
  for (int i = 0; i < 5; ++i)
    overlong += "\x3f"s + std::string(63, 'a');
  CHECK(!parse_dns(bytes(overlong + "\x00\x00\x01\x00\x01"s)));
}

TEST_CASE("an answer has the ID and the question of the query, in letters of either case") {
  const std::string response = with(2, "\x81\x80"s);
  CHECK(is_answer(response));
  CHECK(is_answer(std::string(response).replace(13, 2, "AB")));
  CHECK(!is_answer(kQuery));
  CHECK(!is_answer(std::string(response).replace(0, 1, "\x13")));
  CHECK(!is_answer(std::string(response).replace(13, 2, "xy")));
  CHECK(!is_answer(std::string(response).replace(19, 1, "\x1c")));  // AAAA
}

TEST_CASE("a question is read in lower case; a label with a dot within has no text") {
  const auto asked = [](const std::string& query) {
    return question_of(parse_dns(bytes(query)).value());
  };
  CHECK(asked(with(13, "AB")).value().name == "ab.c");
  CHECK(asked(kQuery).value().type == 1);
  CHECK(asked(kQuery).value().network_class == 1);
  CHECK(asked(kQuery.substr(0, 12) + "\x00\x00\x02\x00\x01"s).value().name.empty());
  CHECK(!asked(with(13, "a.")));
}

}  // namespace cbuild::network
