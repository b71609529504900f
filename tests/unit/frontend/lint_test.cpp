// Rules about how instructions are written: what each finds, and what it leaves alone.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/frontend/lint_support.h"

using namespace cbuild;
using namespace cbuild::test::lint;
using cbuild::test::FakeResolver;

TEST_CASE("rules say what BuildKit says") {
  struct Row {
    std::string dockerfile;
    std::string finding;
  };

  const Row rows[] = {
      {"FROM a AS Builder\n", "1 StageNameCasing: Stage name 'Builder' should be lowercase"},
      {"FROM a as b\n", "1 FromAsCasing: 'as' and 'FROM' keywords' casing do not match"},
      {"FROM a\nRUN b && \\\n\n c\n", "3 NoEmptyContinuation: Empty continuation line"},
      {"FROM a\nRUN x\nrun y\n",
       "3 ConsistentInstructionCasing: Command 'run' should match the case of the command majority "
       "(uppercase)"},
      {"from a\nrun x\nRun y\n",
       "3 ConsistentInstructionCasing: Command 'Run' should match the case of the command majority "
       "(lowercase)"},
      {"FROM a AS x\nFROM b AS x\n",
       "2 DuplicateStageName: Duplicate stage name \"x\", stage names should be unique"},
      {"FROM a AS scratch\n",
       "1 ReservedStageName: Stage name should not use the same name as reserved stage "
       "\"scratch\""},
      {"FROM a\nCMD x\n",
       "2 JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior "
       "related to OS signals"},
      {"FROM a\nMAINTAINER me\n",
       "2 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label"},
      {"ARG TAG=1\nFROM a:1$TAH\n",
       "2 UndefinedArgInFrom: FROM argument 'TAH' is not declared (did you mean TAG?)"},
      {"FROM a\nWORKDIR app\n",
       "2 WorkdirRelativePath: Relative workdir \"app\" can have unexpected results if the base "
       "image changes"},
      {"FROM a\nARG FOO2=1\nCOPY run.sh $FOO\n",
       "3 UndefinedVar: Usage of undefined variable '$FOO' (did you mean $FOO2?)"},
      {"FROM a\nCMD [\"x\"]\nCMD [\"y\"]\n",
       "2 MultipleInstructionsDisallowed: Multiple CMD instructions should not be used in the same "
       "stage because only the last one will be used"},
      {"FROM a\nENV k v\n",
       "2 LegacyKeyValueFormat: \"ENV key=value\" should be used instead of legacy \"ENV key "
       "value\" format"},
      {"FROM --platform=$TARGETPLATFORM a\n",
       "1 RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM is "
       "redundant as this is the default behavior"},
      {"FROM a\nARG PASSWORD\n",
       "2 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "
       "\"PASSWORD\")"},
      {"FROM --platform=linux/arm64 a AS x\n",
       "1 FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "
       "\"linux/arm64\""},
      {"FROM a\nCOPY secret.txt /\n",
       "2 CopyIgnoredFile: Attempting to Copy file \"secret.txt\" that is excluded by "
       ".dockerignore"},
      {"FROM a\nADD ./node_modules/ /m\n",
       "2 CopyIgnoredFile: Attempting to Add file \"./node_modules/\" that is excluded by "
       ".dockerignore"},
      {"FROM a\nEXPOSE 80/TcP\n",
       "2 ExposeProtoCasing: Defined protocol '80/TcP' in EXPOSE instruction should be lowercase"},
      {"FROM a\nEXPOSE 127.0.0.1:80:80\n",
       "2 ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port "
       "mapping, found '127.0.0.1:80:80'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.dockerfile);
    CHECK(first_finding(row.dockerfile) == row.finding);
  }
}

TEST_CASE("a frontend that is not run is told") {
  CHECK(
      first_finding("# syntax=example.com/frontend:1\nFROM a\n") ==
      "1 UnknownSyntax: cbuild does not run the frontend example.com/frontend:1: it reads the file "
      "as a Dockerfile");
  CHECK(findings_of("# syntax=docker/dockerfile:1.7-labs\nFROM a\n").empty());
  CHECK(findings_of("# syntax=example.com/x\n# check=skip=UnknownSyntax\nFROM a\n").empty());
}

TEST_CASE("a default that makes no name of a base is told, whatever --build-arg says") {
  const std::string text = "ARG TAG\nFROM busybox:${TAG}\n";
  Options options = options_for_test();
  options.build_args["TAG"] = "1";
  CHECK(first_finding(text, options) ==
        "2 InvalidDefaultArgInFrom: Default value for ARG busybox:${TAG} results in empty or "
        "invalid base image name");
  CHECK(findings_of("ARG TAG=1\nFROM busybox:${TAG}\n").empty());
  CHECK(findings_of("ARG TAG\nFROM busybox:${TAG:-1}\n").empty());
}

TEST_CASE("a base of another platform is told") {
  class OtherPlatform final : public ImageResolver {
   public:
    ResolvedImage resolve(const oci::Reference& reference, const oci::Platform&) override {
      return fake_.resolve(reference, oci::Platform::parse("linux/arm64"));
    }

    ResolvedImage resolve_context(const std::string& name, const oci::Platform&) override {
      return fake_.resolve_context(name, oci::Platform::parse("linux/arm64"));
    }

   private:
    FakeResolver fake_;
  } resolver;

  const CheckResult result = check("FROM a\n", options_for_test(), resolver);
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].rule == "InvalidBaseImagePlatform");
  CHECK(result.findings[0].message ==
        "Base image a was pulled with platform \"linux/arm64\", expected \"linux/amd64\" for "
        "current build");
}

TEST_CASE("rules leave alone what is right") {
  const std::string rows[] = {
      "FROM a AS builder\nFROM builder\n",
      "from a as b\nrun x\n",
      "FROM a AS b\n",
      "FROM a\nRUN b && \\\n# comment\n c\n",
      "FROM a\nSHELL [\"/bin/bash\", \"-c\"]\nCMD x\n",
      "FROM shell:1\nCMD x\n",
      "FROM shell:1 AS base\nFROM base\nENTRYPOINT x\n",
      "FROM a\nHEALTHCHECK CMD curl localhost\n",
      "FROM a\nWORKDIR /app\nWORKDIR src\n",
      "FROM a AS base\nWORKDIR /app\nFROM base\nWORKDIR src\n",
      "FROM a\nENV D=/app\nWORKDIR $D\n",
      "FROM a\nWORKDIR \"/my app\"\n",
      "FROM a\nENV PATH=$PATH:/opt/bin\n",
      "FROM a\nARG X\nENV Y=$X\n",
      "FROM a\nENV Y=${X:-1} Z=${X+1}\n",
      "FROM a\nRUN echo $UNDEFINED\n",
      "FROM a\nENV Y='$X' Z=\\$X\n",
      "ARG B=a\nFROM $B\n",
      "FROM --platform=$BUILDPLATFORM a\n",
      "FROM --platform=linux/arm64 a AS build-arm64\n",
      "FROM --platform=${P:-linux/amd64} a AS linux\n",
      "FROM a AS x\nCMD [\"x\"]\nFROM b\nCMD [\"y\"]\n",
      "FROM a\nENV k=v\nLABEL a=b\n",
      "FROM a\nARG SECRET_FILE\nENV TOKEN_VERSION=1 PUBLIC_KEY=x KEYBOARD=us\n",
      "FROM a\nCOPY . /src\nCOPY --from=b secret.txt /\n",
      "FROM a\nEXPOSE 80/tcp 53/udp 7000-7002 81\n",
      "# description of nothing\nFROM a AS b\n",
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK(join(findings_of(row), "\n") == "");
  }
}

TEST_CASE("names of secrets are made of whole words") {
  for (const char* name : {"API_KEY", "github_token", "AUTH", "DB_PASSWD_X", "APIKEY"}) {
    CAPTURE(name);
    CHECK(finds("SecretsUsedInArgOrEnv", fmt::format("FROM a\nENV {}=x\n", name)));
  }
  for (const char* name : {"AUTHOR", "TOKENS", "KEY_FILE", "MONKEY", "SECRETARY"}) {
    CAPTURE(name);
    CHECK_FALSE(finds("SecretsUsedInArgOrEnv", fmt::format("FROM a\nENV {}=x\n", name)));
  }
}

TEST_CASE("of a base that is not here, variables that bases set are not called undefined") {
  class Unknown final : public ImageResolver {
   public:
    ResolvedImage resolve(const oci::Reference& reference, const oci::Platform&) override {
      return {reference, oci::Digest::of(""), {}, false};
    }

    ResolvedImage resolve_context(const std::string&, const oci::Platform&) override {
      return resolve(oci::Reference::parse("context"), {});
    }
  } resolver;

  const auto names = [&](const std::string& text) {
    std::vector<std::string> found;
    for (const Diagnostic& one : check(text, options_for_test(), resolver).findings)
      found.push_back(one.rule);
    return join(found, " ");
  };
  CHECK(names("FROM a\nENV X=$PAHT\n") == "UndefinedVar");
  CHECK(names("FROM a\nENV X=$JAVA_HOME/bin Y=$PYTHON_VERSION Z=$GOPATH\n") == "");
  CHECK(names("FROM a\nENV X=$nothing\n") == "UndefinedVar");
  CHECK(names("FROM a\nARG HOMF=1\nENV X=$HOME\n") == "UndefinedVar");
}

TEST_CASE("descriptions are checked when asked for") {
  const std::string directive = "# check=experimental=InvalidDefinitionDescription\n\n";
  CHECK(first_finding(directive + "# what it is\nFROM a AS base\n") ==
        "4 InvalidDefinitionDescription: Comment for FROM should follow the format: `# base "
        "<description>`");
  CHECK(first_finding(directive + "FROM a\n# some\nARG X=1 Y=2\n") ==
        "5 InvalidDefinitionDescription: Comment for ARG should follow the format: `# <arg_key> "
        "<description>`");
  CHECK(findings_of(directive + "# base is it\nFROM a AS base\n# Y too\nARG X=1 Y=2\n").empty());
  CHECK(findings_of(directive + "# no description\n\nFROM a AS base\n").empty());
  CHECK(findings_of(directive + "# no description\n#\nFROM a AS base\n").empty());
}

TEST_CASE("a predefined argument is suggested for a slip of one letter only") {
  const auto all = [](const std::string& text) { return join(findings_of(text), "\n"); };
  const auto suggests = [&](const std::string& text, const std::string& name) {
    return all(text).find("(did you mean " + name + "?)") != std::string::npos;
  };
  CHECK(all("FROM ${target}\n").find("did you mean") == std::string::npos);
  CHECK(suggests("FROM a:$TARGETARHC\n", "TARGETARCH"));
  CHECK(suggests("ARG TARGETS=a\nFROM ${target}\n", "TARGETS"));
  CHECK(suggests("ARG BASE=a\nFROM $BSE\n", "BASE"));
}

TEST_CASE("a command that begins as an array is told what it lacks") {
  const auto tells = [](const std::string& text, const std::string& what) {
    return first_finding("FROM a\n" + text + "\n").find(what) != std::string::npos;
  };
  CHECK(tells("ENTRYPOINT [\"a\"", "the ] of the array is missing"));
  CHECK(tells("CMD ['a', 'b']", "in double quotes"));
  CHECK(tells("CMD [a]", "is not a JSON array"));
  CHECK(tells("CMD a", "related to OS signals"));
  CHECK_FALSE(tells("CMD a", "("));
}

TEST_CASE("characters that cannot be seen are told, but not where a script needs them") {
  const std::string rule = "InvisibleCharacters";
  const auto line = [](const char* text) {
    return std::string("FROM a\nRUN echo '") + text + "'\n";
  };
  CHECK(first_finding(line("a\u202Eb")) ==
        "2 InvisibleCharacters: Character U+202E is invisible (it changes the direction of what "
        "follows): write an escape, or remove it");
  for (const char* text :
       {"a\u200Bb", "pass\u200Dword", "a\u2066b", "x\u200Ey", "a\uFEFFb", "a\u00ADb", "\u2060",
        "\u0645\u200Ca", "a\u200C\u0645", "\u0645\u202E\u0646", "\U000E0041", "\u3164"}) {
    CAPTURE(text);
    CHECK(finds(rule, line(text)));
  }
  for (const char* text : {
           "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",  // Persian, non-joiner
           "\u0928\u0947\u200C",                                // Hindi, at the end of a word
           "\u0DC1\u0DCA\u200D\u0DBB\u0DD3",                    // Sinhala, joiner
           "\U0001F468\u200D\U0001F469\u200D\U0001F467",        // family
           "\U0001F3F3\uFE0F\u200D\U0001F308",                  // rainbow flag
           "\U0001F44B\U0001F3FD",                              // skin tone
           "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",  // England
           "\u05E9\u05DC\u05D5\u05DD\u200F!",  // Hebrew with a mark
           "na\u00EFve \u65E5\u672C\u8A9E \U0001F600",
       }) {
    CAPTURE(text);
    CHECK_FALSE(finds(rule, line(text)));
  }
  CHECK(findings_of("\uFEFFFROM a\n").empty());
  CHECK(finds(rule, "FROM a\n# a comment\u202E too\nRUN x\n"));
  CHECK(finds(rule, "FROM a\nCOPY <<EOF /x\n\u200B\nEOF\n"));
  CHECK(findings_of("FROM a\nRUN echo \xE2\x80\n").empty());  // cut short: no UTF-8
}
