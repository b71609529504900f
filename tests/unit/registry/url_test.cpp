// URLs: parsing, Location, origins, private addresses.
#include "src/registry/url.h"

#include <doctest/doctest.h>

#include <string>

namespace cbuild::registry {

TEST_CASE("Url::try_parse takes absolute http and https URLs only, and spells them one way") {
  struct Row {
    std::string text;
    std::string result;  // empty = refused
  };

  const Row rows[] = {
      {"https://Example.COM", "https://example.com/"},
      {"https://example.com:443/a?b=c#d", "https://example.com/a?b=c"},
      {"http://example.com:5000", "http://example.com:5000/"},
      {"http://example.com?x=1", "http://example.com/?x=1"},
      {"https://[::1]:5000/v2/", "https://[::1]:5000/v2/"},
      {"https://h/a b\xC3\xA4", "https://h/a%20b%C3%A4"},
      {"https://h/%2F..%2F?a=%3D", "https://h/%2F..%2F?a=%3D"},
      {"ftp://example.com/", ""},
      {"file:///etc/passwd", ""},
      {"https://user:pass@example.com/", ""},
      {"https://good.example\\@evil.example/", ""},
      {"https://a b/", ""},
      {"https://h:0/", ""},
      {"https://h:65536/", ""},
      {"https://h:5x/", ""},
      {"https://[::1/", ""},
      {"https://[zz]/", ""},
      {"https:///x", ""},
      {"https://h/\r\nX: y", ""},
      {"example.com/x", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto url = Url::try_parse(row.text);
    CHECK((url ? url->to_string() : "") == row.result);
  }
}

TEST_CASE("Url::resolve understands every form of Location and keeps queries as they are") {
  const Url base = *Url::try_parse("https://r.example:5000/v2/app/blobs/uploads/?old=1");

  struct Row {
    std::string location;
    std::string result;
  };

  const Row rows[] = {
      {"https://other.example/up?state=a%2Fb%3D", "https://other.example/up?state=a%2Fb%3D"},
      {"/v2/up/1?_state=x%3D%3D&y", "https://r.example:5000/v2/up/1?_state=x%3D%3D&y"},
      {"//cdn.example/x", "https://cdn.example/x"},
      {"uuid?x=/../y", "https://r.example:5000/v2/app/blobs/uploads/uuid?x=/../y"},
      {"../other/./z", "https://r.example:5000/v2/app/blobs/other/z"},
      {"../../../../../../etc", "https://r.example:5000/etc"},
      {"?q=2", "https://r.example:5000/v2/app/blobs/uploads/?q=2"},
      {"/a?next=https://x.example/", "https://r.example:5000/a?next=https://x.example/"},
      {"file:///etc/passwd", ""},
      {"gopher://x/", ""},
      {"/a\nb", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.location);
    const auto url = base.resolve(row.location);
    CHECK((url ? url->to_string() : "") == row.result);
  }
}

TEST_CASE("an origin is scheme, host and port") {
  const Url a = *Url::try_parse("https://h/x");
  CHECK(same_origin(a, *Url::try_parse("https://H:443/y")));
  CHECK_FALSE(same_origin(a, *Url::try_parse("http://h/x")));
  CHECK_FALSE(same_origin(a, *Url::try_parse("https://h:444/x")));
  CHECK_FALSE(same_origin(a, *Url::try_parse("https://h.example/x")));
}

TEST_CASE("loopback and private addresses are known in every spelling") {
  for (const std::string host :
       {"localhost", "a.localhost", "127.0.0.1", "127.255.0.3", "127.1", "0x7f000001", "2130706433",
        "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]"}) {
    CAPTURE(host);
    CHECK(is_loopback(host));
    CHECK(is_private_address(host));
  }
  for (const std::string host :
       {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "0", "0xa9fea9fe", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[::]"}) {
    CAPTURE(host);
    CHECK_FALSE(is_loopback(host));
    CHECK(is_private_address(host));
  }
  for (const std::string host : {"8.8.8.8", "172.32.0.1", "11.0.0.1", "example.com",
                                 "127.example.com", "localhost.example.com", "[2001:db8::1]"}) {
    CAPTURE(host);
    CHECK_FALSE(is_loopback(host));
    CHECK_FALSE(is_private_address(host));
  }
}

TEST_CASE("display leaves the query out and the terminal alone") {
  Url url = *Url::try_parse("https://s3.example/blob?X-Amz-Signature=secret");
  CHECK(url.display() == "https://s3.example/blob");
  url.target = "/" + std::string(2000, 'x');
  CHECK(url.display().size() < 400);
  url.host = std::string(2000, 'h');
  CHECK(url.display().size() < 400);
}

TEST_CASE("add_query appends with the right separator, encoded") {
  Url url = *Url::try_parse("https://h/u");
  add_query(url, "digest", "sha256:ab");
  CHECK(url.target == "/u?digest=sha256%3Aab");
  add_query(url, "n", "a b&c");
  CHECK(url.target == "/u?digest=sha256%3Aab&n=a%20b%26c");
}

}  // namespace cbuild::registry
