// URLs of downloads; nothing is asked for that is none.
#include "cbuild/registry/download.h"

#include <doctest/doctest.h>

#include "cbuild/registry/options.h"
#include "cbuild/registry/redirect.h"
#include "cbuild/registry/registry.h"
#include "cbuild/util/cancel.h"
#include "tests/support/errors.h"

namespace cbuild::registry {

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
  CancelToken cancel;
  Registry registry({}, cancel);
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const std::string expected = "'" + row.shown + "' is not a URL of http or https";
    CHECK(error_of([&] { registry.download(row.url, {}); }) == expected);
    CHECK(error_of([&] { registry.redirect(row.url, {}); }) == expected);
    try {
      registry.download(row.url, {});
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
    }
  }
}

}  // namespace cbuild::registry
