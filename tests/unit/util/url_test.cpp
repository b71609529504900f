// URLs: parsing, Location, origins, private addresses.
#include "cbuild/util/url.h"

#include <doctest/doctest.h>

#include <string>

namespace cbuild {

TEST_CASE("a URL of any scheme is cut where its delimiters are") {
  struct Row {
    std::string text;
    std::string scheme, user, authority, host, path;
    std::string query, fragment;  // "-" = none
  };

  const Row rows[] = {
      {"https://h", "https", "-", "h", "h", "", "-", "-"},
      {"HTTP://H:80/a/b?c=d?e#f#g", "HTTP", "-", "H:80", "H", "/a/b", "c=d?e", "f#g"},
      {"https://u:p@h/x", "https", "u:p", "h", "h", "/x", "-", "-"},
      {"https://a@b@h/x@y", "https", "a@b", "h", "h", "/x@y", "-", "-"},
      {"https://@h/", "https", "", "h", "h", "/", "-", "-"},
      {"ssh://git@[::1]:22/x", "ssh", "git", "[::1]:22", "::1", "/x", "-", "-"},
      // What a browser and a client might see differently: the host ends at the first of / ? #.
      {"https://good?@evil/", "https", "-", "good", "good", "", "@evil/", "-"},
      {"https://good#@evil/", "https", "-", "good", "good", "", "-", "@evil/"},
      {"https://good/@evil/", "https", "-", "good", "good", "/@evil/", "-", "-"},
      {"https://h?#", "https", "-", "h", "h", "", "", ""},
      {"file:///etc", "file", "-", "", "", "/etc", "-", "-"},
      // Without a scheme all is a path.
      {"git@h:x.git#main", "", "-", "", "", "git@h:x.git", "-", "main"},
      {"dir/http://h", "", "-", "", "", "dir/http://h", "-", "-"},
      {"://h/x", "", "-", "", "", "://h/x", "-", "-"},
      {"x?y=http://h", "", "-", "", "", "x", "y=http://h", "-"},
      {"", "", "-", "", "", "", "-", "-"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const UrlParts parts = UrlParts::cut(row.text);
    CHECK(parts.scheme == row.scheme);
    CHECK(parts.user.value_or("-") == row.user);
    CHECK(parts.authority == row.authority);
    CHECK(parts.host() == row.host);
    CHECK(parts.path == row.path);
    CHECK(parts.query.value_or("-") == row.query);
    CHECK(parts.fragment.value_or("-") == row.fragment);
    CHECK(parts.address == row.text.substr(0, row.text.find_first_of("?#")));
  }
}

TEST_CASE("users and passwords are hidden or taken off, and nothing else is changed") {
  struct Row {
    std::string text;
    std::string hidden;
    std::string without;
  };

  const Row rows[] = {
      {"https://u:p@h/x?a@b", "https://xxxxx@h/x?a@b", "https://h/x?a@b"},
      {"https://token@h/x", "https://xxxxx@h/x", "https://h/x"},
      {"https://u:p@@h/x", "https://xxxxx@h/x", "https://h/x"},
      {"https://@h/x", "https://xxxxx@h/x", "https://h/x"},
      {"ssh://git@h/x", "ssh://git@h/x", "ssh://h/x"},
      {"ssh://git:p@h/x", "ssh://xxxxx@h/x", "ssh://h/x"},
      {"https://h/x@y", "https://h/x@y", "https://h/x@y"},
      {"git@h:x", "git@h:x", "git@h:x"},
      {"dir/file", "dir/file", "dir/file"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(without_credentials(row.text) == row.hidden);
    CHECK(without_user(row.text) == row.without);
  }
}

TEST_CASE("is_http_url looks at the scheme alone") {
  for (const char* text : {"http://h/x", "https://h", "HTTPS://h/x.git", "http://"}) {
    CAPTURE(text);
    CHECK(is_http_url(text));
  }
  for (const char* text : {"ftp://h", "httpss://h", "http:/h", "x/http://h", "http", ""}) {
    CAPTURE(text);
    CHECK_FALSE(is_http_url(text));
  }
}

TEST_CASE("percent_decode undoes percent_encode and leaves what is no escape") {
  const std::string bytes("a b/%\0\xff~", 9);
  CHECK(percent_decode(percent_encode(bytes)) == bytes);
  CHECK(percent_decode("%2f%2F%41") == "//A");
  for (const char* text : {"%", "%4", "%4g", "%g4", "%-1", "%+1", "% 1", "100%"}) {
    CAPTURE(text);
    CHECK(percent_decode(text) == text);
  }
}

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

TEST_CASE("a name with a dot at its end is the name without it") {
  for (const std::string host : {"localhost.", "a.localhost.", "127.0.0.1.", "2130706433."}) {
    CAPTURE(host);
    CHECK(is_loopback(host));
    CHECK(is_private_address(host));
  }
  CHECK(is_private_address("10.0.0.1."));
  CHECK_FALSE(is_private_address("example.com."));
  CHECK_FALSE(is_loopback("."));
}

TEST_CASE("the edges of the networks that are not on the internet") {
  struct Row {
    std::string host;
    bool is_private;
  };

  const Row rows[] = {
      {"0.255.255.255", true},     {"1.0.0.0", false},           {"9.255.255.255", false},
      {"10.255.255.255", true},    {"100.63.255.255", false},    {"100.64.0.0", true},
      {"100.127.255.255", true},   {"100.128.0.0", false},       {"169.253.255.255", false},
      {"169.255.0.0", false},      {"172.15.255.255", false},    {"172.16.0.0", true},
      {"192.167.255.255", false},  {"192.169.0.0", false},       {"223.255.255.255", false},
      {"224.0.0.1", true},         {"255.255.255.255", true},    {"[::10.0.0.1]", true},
      {"[::ffff:8.8.8.8]", false}, {"[fc00::1]", true},          {"[fe00::1]", false},
      {"[fe80::]", true},          {"[febf::1]", true},          {"[fec0::1]", false},
      {"[ff02::1]", true},         {"[2606:4700::1111]", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host);
    CHECK(is_private_address(row.host) == row.is_private);
  }
}

TEST_CASE("a host is letters, digits, dots, dashes and underscores, and not without end") {
  CHECK(Url::try_parse("https://" + std::string(255, 'a') + "/"));
  CHECK_FALSE(Url::try_parse("https://" + std::string(256, 'a') + "/"));
  CHECK(Url::try_parse("https://a_b-c.d/"));
  CHECK(Url::try_parse("https://h:/")->port == 443);
  CHECK(Url::try_parse("http://h:/")->port == 80);
  CHECK(Url::try_parse("HTTPS://h")->scheme == "https");
  for (const std::string text : {"https://h\xC3\xA4/", "https://h%41/", "https://h:+1/",
                                 "https://h::1/", "https://[::1]x/", "https://@h/", "https:/h/"}) {
    CAPTURE(text);
    CHECK_FALSE(Url::try_parse(text));
  }
}

TEST_CASE("dots in a relative Location lead nowhere above the root") {
  const Url base = *Url::try_parse("https://h/a/b?q");

  struct Row {
    std::string location;
    std::string target;
  };

  const Row rows[] = {
      {"", "/a/b?q"},
      {".", "/a/"},
      {"..", "/"},
      {"./c", "/a/c"},
      {"../c/", "/c/"},
      {"../../../c", "/c"},
      {"c/..", "/a/"},
      {"c//d", "/a/c//d"},
      {" /c ", "/c"},
      {"/c#x", "/c"},
      {"c?../d", "/a/c?../d"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.location);
    REQUIRE(base.resolve(row.location));
    CHECK(base.resolve(row.location)->target == row.target);
  }
}

TEST_CASE("everything but unreserved characters is encoded") {
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode(" /?&=+%\xC3\xA4") == "%20%2F%3F%26%3D%2B%25%C3%A4");
  CHECK(percent_encode(std::string("\0", 1)) == "%00");
}

}  // namespace cbuild
