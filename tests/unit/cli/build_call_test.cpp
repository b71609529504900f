// What --call, --check and --format amount to.
#include "src/cli/build_call.h"

#include <doctest/doctest.h>

#include "src/cli/findings_text.h"

using namespace cbuild;
using namespace cbuild::cli;
using Method = BuildCall::Method;

namespace {

BuildCall call(const std::string& text, bool check = false, const std::string& format = "") {
  BuildOptions options;
  options.call = text;
  options.check = check;
  options.format = format;
  return read_call(options);
}

}  // namespace

TEST_CASE("a method is asked for by name, the answer as table or JSON") {
  CHECK(call("build").method == Method::build);
  CHECK(call("build", true).method == Method::check);
  CHECK(call("check").method == Method::check);
  CHECK(call("check", true).method == Method::check);
  CHECK(call("outline").method == Method::outline);
  CHECK_FALSE(call("outline").json);
  CHECK(call("outline,format=json").json);
  CHECK(call("targets", false, "json").json);
  CHECK_FALSE(call("targets,format=table").json);
  for (const char* text :
       {"", "frob", "check,json", "check,format=xml", "check,", ",format=json"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(call(text), Error);
  }
  CHECK_THROWS_AS(call("outline", true), Error);
  CHECK_THROWS_AS(call("build", false, "json"), Error);
  CHECK_THROWS_WITH_AS(call("build", false, "docker"), "--format docker needs --call or --check",
                       Error);
  CHECK(call("build", false, "oci").method == Method::build);
  CHECK_THROWS_AS(call("check", false, "yaml"), Error);
}

TEST_CASE("what was found is counted, and not all of a flood is shown") {
  build::Request request;
  request.dockerfile_name = "Dockerfile";
  request.dockerfile = "FROM a\nCMD x\n";
  std::vector<frontend::Diagnostic> findings;
  CHECK(check_text(findings, request) == "Check complete, no warnings found.\n");
  findings.push_back({.severity = frontend::Severity::warning,
                      .rule = "JSONArgsRecommended",
                      .range = {2, 2, 5, 6},
                      .message = "JSON arguments"});
  CHECK(check_text(findings, request) ==
        "Check complete, 1 warning has been found!\n"
        "\n"
        "WARNING: JSONArgsRecommended - "
        "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/\n"
        "JSON arguments\n"
        "Dockerfile:2\n"
        "   1 │ FROM a\n"
        "   2 │ CMD x\n"
        "     │     ^\n");
  CHECK(warnings_text(findings, request) ==
        "Dockerfile:2\n"
        "   1 │ FROM a\n"
        "   2 │ CMD x\n"
        "     │     ^\n"
        "cbuild: warning: JSONArgsRecommended: JSON arguments\n"
        "hint: 'cbuild help JSONArgsRecommended' explains it\n"
        "\n");
  findings.resize(250, findings.front());
  CHECK(check_text(findings, request).ends_with("\n… and 150 more\n"));
  CHECK(check_text(findings, request).starts_with("Check complete, 250 warnings have been found!"));
}
