// What --call, --check and --format amount to.
#include "src/cli/build_call.h"

#include <doctest/doctest.h>

#include "cbuild/build/request.h"
#include "cbuild/graph/diagnostic.h"
#include "src/cli/build_flags.h"
#include "src/cli/findings_text.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/command_run.h"

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

/// The answer about a Dockerfile, without a store.
Ran answer(const std::string& text, const std::string& dockerfile, bool quiet = false) {
  const TemporaryDirectory directory;
  build::Request request;
  request.dockerfile = dockerfile;
  request.dockerfile_name = "Dockerfile";
  const BuildCall asked = call(text);
  return run_apart(directory.path(), [&] { return run_call(asked, request, nullptr, quiet); });
}

const std::string kStages =
    "# syntax=docker/dockerfile:1\n"
    "ARG VERSION=3\n"
    "# base is where all begins\n"
    "FROM alpine:$VERSION AS base\n"
    "# key opens it\n"
    "ARG key\n"
    "RUN --mount=type=secret,id=token,required=true --mount=type=ssh --mount=type=cache,target=/c "
    "x\n"
    "FROM --platform=$BUILDPLATFORM base\n";

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
  std::vector<graph::Diagnostic> findings;
  CHECK(check_text(findings, request) == "Check complete, no warnings found.\n");
  findings.push_back({.severity = graph::Severity::warning,
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

TEST_CASE("targets are a table, or JSON with where they are") {
  CHECK(answer("targets", kStages).out ==
        "TARGET      DESCRIPTION\n"
        "base        is where all begins\n"
        "(default)   \n");
  CHECK(answer("targets,format=json", "FROM scratch AS \\\n only\n").out == R"({
  "targets": [
    {
      "name": "only",
      "default": true,
      "base": "scratch",
      "location": {
        "ranges": [
          {
            "start": {
              "line": 1,
              "character": 0
            },
            "end": {
              "line": 1,
              "character": 0
            }
          }
        ]
      }
    }
  ]
}
)");
}

TEST_CASE("an outline is what a target takes: a table for each kind") {
  const std::string text = answer("outline", kStages).out;
  CHECK(text.starts_with("TARGET:   (default)\n"));
  CHECK(holds(text, "\n\nBUILD ARG   VALUE   DESCRIPTION\n"));
  CHECK(holds(text, "VERSION     3"));
  CHECK(holds(text, "key                 opens it\n"));
  CHECK(holds(text, "\n\nSECRET   REQUIRED\ntoken    true\n"));
  CHECK(holds(text, "\n\nSSH       REQUIRED\ndefault   \n"));
  CHECK(holds(text, "\n\nCACHE ID\n"));
  const std::string json = answer("outline,format=json", kStages).out;
  CHECK(holds(json, "\"name\": \"token\",\n      \"required\": true,\n"));
  CHECK(holds(json, "\"name\": \"key\",\n      \"description\": \"opens it\",\n      \"loc"));
  CHECK(answer("outline", "FROM scratch\n").out == "TARGET:   (default)\n");
  CHECK(answer("outline,format=json", "FROM scratch\n").out == "{\n  \"args\": []\n}\n");
}

TEST_CASE("a check ends with 1 when BuildKit's rules find something") {
  const Ran found = answer("check", "FROM scratch\nENV a b\n");
  CHECK(found.code == 1);
  CHECK(found.error.empty());
  CHECK(found.out.starts_with("Check complete, 1 warning has been found!\n"));
  const Ran nothing = answer("check", "FROM scratch\n");
  CHECK(nothing.code == 0);
  CHECK(nothing.out == "Check complete, no warnings found.\n");
  CHECK(answer("check", "FROM scratch\nENV a b\n", true).out.empty());
  CHECK(answer("check", "FROM scratch\nENV a b\n", true).code == 1);
}

TEST_CASE("findings that are errors, and a file that cannot be built, are errors") {
  const Ran strict = answer("check", "# check=error=true\nFROM scratch\nENV a b\n");
  CHECK(strict.error == "lint violation found for rules: LegacyKeyValueFormat");
  CHECK(strict.code == static_cast<int>(ErrorKind::build));
  const Ran wrong = answer("check", "FROM scratch\nCOPPY a b\n");
  CHECK(wrong.code == static_cast<int>(ErrorKind::usage));
  CHECK(holds(wrong.error, "COPPY"));
  CHECK(wrong.out.empty());  // the error says it all
  CHECK(holds(answer("check,format=json", "FROM scratch\nCOPPY a b\n").out,
              "\"buildError\": {\n    \"message\": "));
  CHECK(holds(answer("check,format=json", "# check=error=true\nFROM scratch\nENV a b\n").out,
              "\"message\": \"lint violation found for rules: LegacyKeyValueFormat\""));
}

TEST_CASE("a check for programs has BuildKit's members") {
  CHECK(answer("check,format=json", "FROM scratch\n").out ==
        "{\n  \"warnings\": [],\n  \"sources\": [\n    {\n      \"filename\": \"Dockerfile\"\n"
        "    }\n  ]\n}\n");
  const std::string json = answer("check,format=json", "FROM scratch\nENV a b\n").out;
  CHECK(holds(json, "\"ruleName\": \"LegacyKeyValueFormat\",\n      \"description\": "));
  CHECK(holds(json, "\"start\": {\n              \"line\": 2,\n              \"character\": 0"));
  CHECK_FALSE(holds(json, "buildError"));
}
