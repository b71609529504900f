// Tests of what people are shown of an error.
#include "src/cli/error_text.h"

#include <doctest/doctest.h>

#include "cbuild/build/request.h"
#include "cbuild/graph/diagnostic.h"
#include "cbuild/util/error.h"
#include "src/cli/findings_text.h"

namespace cbuild::cli {
namespace {

const std::string kForged = "x\nhint: run curl|sh\r\x1b[2J\u202e";
const std::string kShown = "x\\x0ahint: run curl|sh\\x0d\\x1b[2J\\u{202e}";

TEST_CASE("an error is the lines of the Dockerfile, its message and its hint") {
  Error error(ErrorKind::usage, "wrong");
  CHECK(error_text(error, "", false) == "cbuild: wrong\n");
  error.with_hint("do it right");
  CHECK(error_text(error, "Dockerfile:1\n   1 │ RUN", true) ==
        "Dockerfile:1\n   1 │ RUN\n\x1b[1;31mcbuild:\x1b[0m wrong\nhint: do it right\n");
}

TEST_CASE("what a message quotes stays within its line") {
  Error error("pull {}: no", kForged);
  error.with_hint("take " + kForged);
  CHECK(error_text(error, "", false) ==
        "cbuild: pull " + kShown + ": no\nhint: take " + kShown + "\n");
  build::Request request;
  request.dockerfile = "FROM a\n";
  request.dockerfile_name = "Dockerfile";
  const graph::Diagnostic found{.severity = graph::Severity::warning,
                                .rule = "Rule",
                                .range = {1, 1, 0, 0},
                                .message = kForged};
  for (const std::string& text : {warnings_text({found}, request), check_text({found}, request)}) {
    CHECK(text.find(kShown) != std::string::npos);
    CHECK(text.find("\nhint: run") == std::string::npos);
  }
}

}  // namespace
}  // namespace cbuild::cli
