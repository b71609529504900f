// Files of web servers: what is asked for, gone on with, and refused.
#include "cbuild/registry/download.h"

#include <doctest/doctest.h>

#include "cbuild/registry/redirect.h"
#include "cbuild/registry/registry.h"
#include "cbuild/util/base64.h"
#include "cbuild/util/cancel.h"
#include "tests/support/errors.h"
#include "tests/unit/registry/web_server.h"

namespace cbuild::registry {

namespace {

const std::string kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
const std::string kText = "0123456789";

/// Whoever downloads.
struct Caller {
  CancelToken cancel;
  Registry registry{quick_options(), cancel};

  std::string read(const std::string& url, const FileVersion& known = {}) {
    return read_all(*registry.download(url, known), 1 << 20);
  }

  std::string error(const std::string& url) {
    return error_of([&] { read(url); });
  }
};

/// The part of kText that a request asks for, if it asks for one.
WebAnswer part(const WebRequest& request, std::vector<std::string> headers) {
  const std::string range = request.header("range");
  if (range.empty()) return {.headers = std::move(headers), .body = kText, .cut = 4};
  const auto from = parse_uint(range.substr(6, range.size() - 7)).value_or(0);
  headers.push_back(fmt::format("Content-Range: bytes {}-9/10", from));
  return {.status = 206, .headers = std::move(headers), .body = kText.substr(from)};
}

}  // namespace

TEST_CASE("what is no URL of http or https is refused as the user's fault, without its password") {
  struct Row {
    std::string url;
    std::string shown;
  };

  const Row rows[] = {
      {"ftp://h/a", "ftp://h/a"},
      {"h/a", "h/a"},
      {"", ""},
      {"https://", "https://"},
      {"https://h:0/", "https://h:0/"},
      {"https://h\r\nX: y/", "https://h\\x0d\\x0aX: y/"},
      {"ftp://user:secret@h/a", "ftp://h/a"},
      {"https://user:s@cret@h:99999/a", "https://h:99999/a"},
  };
  Caller caller;
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const std::string expected = "'" + row.shown + "' is not a URL of http or https";
    CHECK(caller.error(row.url) == expected);
    CHECK(error_of([&] { caller.registry.redirect(row.url, {}); }) == expected);
    try {
      caller.registry.download(row.url, {});
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
    }
  }
}

TEST_CASE("a file comes with what identifies it") {
  const WebServer server([](const WebRequest&) {
    return WebAnswer{.headers = {"ETag: \"x\"", "Last-Modified: " + kDate}, .body = kText};
  });
  Caller caller;
  const auto file = caller.registry.download(server.url("/file?a=b"), {});
  CHECK_FALSE(file->not_modified());
  CHECK(file->version().etag == "\"x\"");
  CHECK(file->version().last_modified == kDate);
  CHECK(file->modified() == 784111777);
  CHECK(file->size() == 10);
  CHECK(read_all(*file, 100) == kText);
  const WebRequest asked = server.requests().at(0);
  CHECK(asked.line() == "GET /file?a=b");
  CHECK(asked.header("accept-encoding") == "identity");
  for (const std::string absent :
       {"authorization", "if-none-match", "if-modified-since", "range"}) {
    CAPTURE(absent);
    CHECK(asked.header(absent).empty());
  }
}

TEST_CASE("a version that is known need not be sent again") {
  const WebServer server([](const WebRequest& request) {
    return WebAnswer{.status = request.header("if-none-match") == "\"x\"" ? 304 : 200,
                     .headers = {"ETag: \"x\""},
                     .body = "new"};
  });
  Caller caller;
  const auto same = caller.registry.download(server.url("/"), {"\"x\"", kDate});
  CHECK(same->not_modified());
  CHECK(read_all(*same, 100).empty());
  CHECK(server.requests().at(0).header("if-modified-since") == kDate);
  const auto other = caller.registry.download(server.url("/"), {"\"y\"", ""});
  CHECK_FALSE(other->not_modified());
  CHECK(read_all(*other, 100) == "new");
}

TEST_CASE("\"not modified\" is no answer to who knows nothing") {
  const WebServer server([](const WebRequest&) { return WebAnswer{.status = 304}; });
  CHECK(Caller().error(server.url("/a")) == "GET " + server.url("/a") + ": 304");
}

TEST_CASE("what is cut off is gone on with, where it is the same file") {
  struct Row {
    std::vector<std::string> headers;
    std::string if_range;
  };

  const Row rows[] = {
      {{"ETag: \"x\"", "Last-Modified: " + kDate}, "\"x\""},
      {{"ETag: W/\"x\"", "Last-Modified: " + kDate}, kDate},  // a weak one is of no byte
      {{"Last-Modified: " + kDate}, kDate},
  };
  for (const Row& row : rows) {
    CAPTURE(row.if_range);
    const WebServer server([&](const WebRequest& request) { return part(request, row.headers); });
    CHECK(Caller().read(server.url("/")) == kText);
    REQUIRE(server.requests().size() == 2);
    CHECK(server.requests()[1].header("range") == "bytes=4-");
    CHECK(server.requests()[1].header("if-range") == row.if_range);
  }
}

TEST_CASE("a server without ranges sends all of it again") {
  int count = 0;
  const WebServer server([&](const WebRequest&) {
    WebAnswer answer{.headers = {"ETag: \"x\""}, .body = kText};
    if (++count < 3) answer.cut = 4;
    return answer;
  });
  CHECK(Caller().read(server.url("/")) == kText);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("what is cut off and cannot be told to be the same is an error") {
  const WebServer weak([](const WebRequest& request) { return part(request, {"ETag: W/\"x\""}); });
  CHECK_FALSE(Caller().error(weak.url("/")).empty());
  CHECK(weak.requests().size() == 1);

  int count = 0;
  const WebServer changed([&](const WebRequest& request) {
    return part(request, {fmt::format("ETag: \"{}\"", ++count)});
  });
  CHECK(Caller().error(changed.url("/a")) ==
        "GET " + changed.url("/a") + ": the file changed while it was fetched");

  const WebServer other([](const WebRequest& request) {
    WebAnswer answer = part(request, {"ETag: \"x\""});
    if (answer.status == 206) answer.headers.back() = "Content-Range: bytes 0-5/10";
    return answer;
  });
  CHECK(Caller().error(other.url("/a")) ==
        "GET " + other.url("/a") + ": the server sent another range than was asked for");
}

TEST_CASE("a user and password go to their origin, and into no message") {
  const WebServer elsewhere([](const WebRequest&) { return WebAnswer{.status = 404}; });
  const WebServer server([&](const WebRequest&) {
    return WebAnswer{.status = 302, .headers = {"Location: " + elsewhere.url("/there?token=x")}};
  });
  const std::string url = "http://user:p%40ss@" + server.host() + "/a?secret=y";
  CHECK(Caller().error(url) == "GET " + server.url("/a") + ": 404 Not Found");
  CHECK(server.requests().at(0).header("authorization") == "Basic " + base64_encode("user:p@ss"));
  CHECK(elsewhere.requests().at(0).header("authorization").empty());

  Caller caller;
  error_of([&] { caller.registry.download(url, {}, "Bearer given"); });
  CHECK(server.requests().at(1).header("authorization") == "Bearer given");
  error_of([&] { caller.registry.download("http://user@" + server.host() + "/", {}); });
  CHECK(server.requests().at(2).header("authorization") == "Basic " + base64_encode("user:"));
}

TEST_CASE("redirects are followed five times, and within an origin with who we are") {
  const WebServer server([](const WebRequest& request) {
    const auto left = parse_uint(request.target.substr(1)).value_or(0);
    if (left == 0) return WebAnswer{.body = kText};
    return WebAnswer{.status = 307, .headers = {fmt::format("Location: {}", left - 1)}};
  });
  Caller caller;
  CHECK(caller.read("http://user@" + server.host() + "/5") == kText);
  for (const WebRequest& request : server.requests())
    CHECK_FALSE(request.header("authorization").empty());
  CHECK(caller.error(server.url("/6")) == "GET " + server.url("/6") + ": more than 5 redirects");
}

TEST_CASE("a redirect that leads nowhere is named, printable") {
  struct Row {
    std::vector<std::string> headers;
    std::string shown;
  };

  const Row rows[] = {
      {{}, ""},
      {{"Location: file:///etc/passwd"}, "file:///etc/passwd"},
      {{"Location: http://u:p@h/"}, "http://u:p@h/"},
      {{"Location: http://h/\x1b[31m"}, "http://h/\\x1b[31m"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.shown);
    const WebServer server(
        [&](const WebRequest&) { return WebAnswer{.status = 301, .headers = row.headers}; });
    CHECK(Caller().error(server.url("/a")) ==
          server.url("/a") + ": redirect 301 without a usable Location: '" + row.shown + "'");
  }
}

TEST_CASE("a server that is busy is asked again, others are taken at their word") {
  int count = 0;
  const WebServer busy([&](const WebRequest&) {
    return ++count < 3 ? WebAnswer{.status = 503} : WebAnswer{.body = kText};
  });
  CHECK(Caller().read(busy.url("/")) == kText);
  for (const int status : {400, 403, 404, 410, 501}) {
    CAPTURE(status);
    const WebServer server([&](const WebRequest&) { return WebAnswer{.status = status}; });
    CHECK(Caller()
              .error(server.url("/"))
              .starts_with(fmt::format("GET {}: {}", server.url("/"), status)));
    CHECK(server.requests().size() == 1);
  }
  const WebServer never([](const WebRequest&) { return WebAnswer{.status = 500}; });
  CHECK(Caller().error(never.url("/")) ==
        "given up after 5 tries: GET " + never.url("/") + ": 500 Internal Server Error");
  CHECK(never.requests().size() == 5);
}

TEST_CASE("who wants to be left alone for longer than there is time for is left alone") {
  const WebServer server(
      [](const WebRequest&) { return WebAnswer{.status = 429, .headers = {"Retry-After: 3600"}}; });
  try {
    Caller().read(server.url("/"));
    FAIL("it came");
  } catch (const Error& error) {
    CHECK(holds(error.hint(), "the server asks for a pause until "));
  }
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a redirect can be looked at without being followed") {
  const WebServer server([](const WebRequest& request) {
    if (request.target == "/plain") return WebAnswer{};
    const bool away = request.target == "/away";
    return WebAnswer{.status = 301,
                     .headers = {away ? "Location: https://other.example/b" : "Location: /b?c"}};
  });
  Caller caller;
  CHECK_FALSE(caller.registry.redirect(server.url("/plain"), {}));
  const auto near = caller.registry.redirect(server.url("/near"), "Basic x");
  REQUIRE(near);
  CHECK(near->url == server.url("/b?c"));
  CHECK(near->same_origin);
  const auto away = caller.registry.redirect(server.url("/away"), {});
  REQUIRE(away);
  CHECK(away->url == "https://other.example/b");
  CHECK_FALSE(away->same_origin);
  CHECK(server.lines() == std::vector<std::string>{"GET /plain", "GET /near", "GET /away"});
  CHECK(server.requests()[1].header("authorization") == "Basic x");
}

}  // namespace cbuild::registry
