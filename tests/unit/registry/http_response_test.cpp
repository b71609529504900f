// Headers and statuses.
#include "src/registry/http_response.h"

#include <doctest/doctest.h>

#include "src/registry/http_status.h"

namespace cbuild::registry {

TEST_CASE("headers are found in any case, the first of them or all") {
  const HttpResponse response{200, {{"WWW-Authenticate", "Basic"}, {"www-authenticate", "Bearer"}}};
  CHECK(response.header("Www-Authenticate") == "Basic");
  CHECK(response.all("WWW-AUTHENTICATE") == std::vector<std::string>{"Basic", "Bearer"});
  CHECK_FALSE(response.header("WWW-Authenticat"));
  CHECK(response.all("").empty());
}

TEST_CASE("what is a redirect") {
  for (const int status : {301, 302, 303, 307, 308})
    CHECK(is_redirect(status));
  for (const int status : {200, 300, 304, 305, 306, 309, 400})
    CHECK_FALSE(is_redirect(status));
}

TEST_CASE("statuses have the names of RFC 9110") {
  CHECK(status_text(401) == "Unauthorized");
  CHECK(status_text(413) == "Content Too Large");
  CHECK(status_text(504) == "Gateway Timeout");
  CHECK(status_text(299).empty());
  CHECK(status_text(0).empty());
}

}  // namespace cbuild::registry
