// What is made of the bytes of an answer, and of those to be sent.
#include "src/registry/http_transfer.h"

#include <doctest/doctest.h>

#include <string>

#include "cbuild/util/cancel.h"
#include "cbuild/util/io.h"
#include "tests/support/errors.h"

namespace cbuild::registry {

namespace {

/// A request that is never made.
struct Transfer {
  explicit Transfer(std::optional<std::uint64_t> streamed = std::nullopt)
      : transfer({}, cancel, request_of(streamed)) {}

  static HttpRequest request_of(std::optional<std::uint64_t> streamed) {
    HttpRequest request;
    request.url = *Url::try_parse("https://r.example/v2/?secret=1");
    request.streamed = streamed;
    return request;
  }

  /// Whether all lines were taken.
  bool lines(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      if (transfer.on_header(line) != line.size()) return false;
    }
    return true;
  }

  std::size_t body(std::string_view text) { return transfer.on_body(as_bytes(text)); }

  CancelToken cancel;
  HttpTransfer transfer;
};

constexpr std::size_t kMegabyte = 1 << 20;

}  // namespace

TEST_CASE("status and headers are read, without the blanks around them") {
  Transfer one;
  CHECK(one.lines({"HTTP/1.1 200 OK\r\n", "ETag:  \"x\" \r\n", "Empty:\r\n", "no colon\r\n"}));
  CHECK_FALSE(one.transfer.headers_done);
  CHECK(one.lines({"\r\n"}));
  CHECK(one.transfer.headers_done);
  const HttpResponse& answer = one.transfer.answer;
  CHECK(answer.status == 200);
  CHECK(answer.headers.size() == 2);
  CHECK(answer.header("etag") == "\"x\"");
  CHECK(answer.header("EMPTY") == "");
  CHECK_FALSE(answer.header("no colon"));
}

TEST_CASE("an interim answer is not the answer, and leaves no header behind") {
  Transfer one;
  CHECK(one.lines({"HTTP/1.1 103 Early Hints\r\n", "Link: x\r\n", "\r\n"}));
  CHECK_FALSE(one.transfer.headers_done);
  CHECK(one.lines({"HTTP/1.1 404 Not Found\r\n", "A: b\r\n", "\r\n"}));
  CHECK(one.transfer.answer.status == 404);
  CHECK_FALSE(one.transfer.answer.header("Link"));
}

TEST_CASE("a header after the body changes nothing") {
  Transfer one;
  CHECK(one.lines({"HTTP/1.1 200 OK\r\n", "\r\n", "ETag: late\r\n", "HTTP/1.1 500 Late\r\n"}));
  CHECK(one.transfer.answer.status == 200);
  CHECK(one.transfer.answer.headers.empty());
}

TEST_CASE("a status that is no number is none") {
  for (const std::string line : {"HTTP/1.1\r\n", "HTTP/1.1 abc\r\n", "HTTP/1.1 -20\r\n"}) {
    CAPTURE(line);
    Transfer one;
    CHECK(one.lines({line}));
    CHECK(one.transfer.answer.status == 0);
  }
}

TEST_CASE("headers have a limit, over all lines, trailers too") {
  Transfer one;
  const std::string line = "A: " + std::string(1019, 'x') + "\r\n";
  REQUIRE(line.size() == 1024);
  for (int i = 0; i < 256; ++i)
    REQUIRE(one.lines({line}));
  CHECK(one.transfer.refusal.empty());
  CHECK_FALSE(one.lines({line}));
  CHECK(one.transfer.refusal == "the answer has more than 256 KiB of headers");
  CHECK(error_of([&] { one.transfer.fail(); }) ==
        "GET https://r.example/v2/: the answer has more than 256 KiB of headers");
}

TEST_CASE("a body goes where it is wanted, and the rest waits") {
  Transfer one;
  std::array<std::byte, 4> wanted{};
  one.transfer.wanted = wanted;
  CHECK(one.body("abcdef") == 6);
  CHECK(static_cast<char>(wanted[3]) == 'd');
  CHECK(one.transfer.wanted.empty());
  CHECK(one.transfer.ahead.size() == 2);
  one.transfer.wanted = wanted;
  CHECK(one.body("g") == 1);  // behind those that wait, not before them
  CHECK(one.transfer.wanted.size() == 4);
  CHECK(one.transfer.ahead.size() == 3);
}

TEST_CASE("no more than a megabyte is read ahead") {
  Transfer one;
  CHECK(one.body(std::string(kMegabyte, 'x')) == kMegabyte);
  CHECK(one.body("x") == CURL_WRITEFUNC_PAUSE);
  CHECK(one.transfer.read_paused);
  CHECK(one.transfer.moved == kMegabyte);             // what is refused has not come
  one.transfer.ahead_at = one.transfer.ahead.size();  // all of it was asked for
  CHECK(one.body("x") == 1);
}

TEST_CASE("a streamed body is sent as it comes, and ends when all of it came") {
  Transfer one(3);
  std::array<std::byte, 2> room{};
  CHECK(one.transfer.is_sending());
  CHECK(one.transfer.on_send(room) == CURL_READFUNC_PAUSE);
  CHECK(one.transfer.write_paused);
  one.transfer.unwritten = 0;
  one.transfer.outgoing = as_bytes("abc");
  CHECK(one.transfer.on_send(room) == 2);
  CHECK(one.transfer.on_send(room) == 1);
  CHECK(one.transfer.on_send(room) == 0);
  CHECK_FALSE(one.transfer.is_sending());
  CHECK(one.transfer.moved == 3);
}

TEST_CASE("an uploaded body has longer to be answered than anything else") {
  Transfer one(3);
  one.transfer.times.stall = std::chrono::seconds(1);
  one.transfer.times.upload_answer = std::chrono::seconds(2);
  CHECK(one.transfer.patience() == std::chrono::seconds(1));  // it is our turn
  one.transfer.unwritten = 0;
  CHECK(one.transfer.patience() == std::chrono::seconds(2));
  one.lines({"HTTP/1.1 201 Created\r\n", "\r\n"});
  CHECK(one.transfer.patience() == std::chrono::seconds(1));
  CHECK(Transfer().transfer.patience() == HttpTimes().stall);
}

TEST_CASE("a server is silent when too little moves in the time it has") {
  Transfer one;
  one.transfer.silences = std::make_shared<HttpSilences>(Announce(), std::chrono::seconds(100));
  one.transfer.times.stall = std::chrono::seconds(10);
  one.transfer.waited = std::chrono::milliseconds(9'999);
  one.transfer.check_stall();
  one.transfer.waited = std::chrono::seconds(10);
  CHECK(error_of([&] { one.transfer.check_stall(); }) ==
        "GET https://r.example/v2/: the server is silent: no answer within 10 s");

  one.lines({"HTTP/1.1 200 OK\r\n", "\r\n"});  // the time begins again
  one.transfer.check_stall();
  one.body(std::string(10 * 1024 - 1, 'x'));
  one.transfer.waited = std::chrono::seconds(10);
  CHECK(error_of([&] { one.transfer.check_stall(); }) ==
        "GET https://r.example/v2/: the server is silent: 10239 bytes within 10 s");
  one.body("x");
  one.transfer.check_stall();
  CHECK(one.transfer.waited.count() == 0);
}

TEST_CASE("when a body is sent, the server has all of its time to answer") {
  Transfer one(3);
  one.transfer.silences = std::make_shared<HttpSilences>(Announce(), std::chrono::seconds(100));
  one.transfer.times.stall = std::chrono::seconds(10);
  one.transfer.times.upload_answer = std::chrono::seconds(20);
  one.transfer.waited = std::chrono::seconds(9);
  one.transfer.check_stall();
  one.transfer.unwritten = 0;
  one.transfer.waited = std::chrono::seconds(25);  // what it took to send
  one.transfer.check_stall();
  CHECK(one.transfer.waited.count() == 0);
  one.transfer.waited = std::chrono::seconds(20);
  CHECK(holds(error_of([&] { one.transfer.check_stall(); }), "no answer within 20 s"));
}

TEST_CASE("a header with a line break is refused before anything is sent") {
  for (const std::string value : {"a\r\nX: y", "a\n", "\r"}) {
    CAPTURE(value);
    Transfer one;
    one.transfer.pool = std::make_shared<HttpPool>();
    one.transfer.request.headers = {{"Authorization", value}};
    CHECK(error_of([&] { one.transfer.prepare(); }) == "line break in the header Authorization");
  }
}

}  // namespace cbuild::registry
