// What --check reports, and how it is silenced.
#include "cbuild/frontend/check.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cbuild/frontend/check_result.h"
#include "cbuild/frontend/dockerfile.h"
#include "cbuild/frontend/excerpt.h"
#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/rules.h"
#include "cbuild/util/fs.h"
#include "tests/support/golden.h"
#include "tests/unit/frontend/lint_support.h"

using namespace cbuild;
using namespace cbuild::test::lint;
using cbuild::test::FakeResolver;

TEST_CASE("rules are silenced by name, for the file or for one instruction") {
  const std::string body = "FROM a AS B\nCMD x\n";
  CHECK(findings_of(body).size() == 2);
  CHECK(findings_of("# check=skip=all\n" + body).empty());
  CHECK(first_finding("# check=skip=StageNameCasing\n" + body).starts_with("3 JSON"));
  CHECK(findings_of("#check = skip = StageNameCasing , JSONArgsRecommended\n" + body).empty());
  CHECK(findings_of("FROM a AS B\n# check=skip=JSONArgsRecommended\nCMD x\n").size() == 1);
  CHECK(findings_of("FROM a\n# check=skip=all\nCMD x\n").empty());
  CHECK(findings_of("FROM a\n# check=skip=JSONArgsRecommended // wanted\nCMD x\n").empty());
  CHECK(findings_of("# check=skip = StageNameCasing and why\n" + body).size() == 1);
  CHECK(findings_of("FROM a\n# why: a shell is wanted\n# check=skip=JSONArgsRecommended\nCMD x\n")
            .empty());
  // Only for that one.
  CHECK(findings_of("FROM a\n# check=skip=MaintainerDeprecated\nUSER x\nMAINTAINER y\n").size() ==
        1);
  CHECK(findings_of("FROM a\n# check=skip=JSONArgsRecommended\n\nCMD x\n").size() == 1);

  Options options = options_for_test();
  options.build_args["BUILDKIT_DOCKERFILE_CHECK"] = "skip=all";
  CHECK(findings_of(body, options).empty());
  options.build_args["BUILDKIT_DOCKERFILE_CHECK"] = "skip=StageNameCasing";
  CHECK(findings_of("# check=skip=all\n" + body, options).size() == 1);
}

TEST_CASE("check options that are not known are refused") {
  CHECK(first_finding("# check=ship=all\nFROM a\n") ==
        "error: invalid check option \"ship=all\" (want skip=RULES, error=true or "
        "experimental=RULES)");
  CHECK(
      first_finding("# check=skip=A;error=maybe\nFROM a\n").starts_with("error: failed to parse"));
  FakeResolver resolver;
  Options options = options_for_test();
  options.build_args["BUILDKIT_DOCKERFILE_CHECK"] = "nothing";
  CHECK_THROWS_WITH_AS(check("FROM a\n", options, resolver),
                       doctest::Contains("--build-arg BUILDKIT_DOCKERFILE_CHECK: invalid check"),
                       Error);
}

TEST_CASE("a build lints the stages that a check lints, and fetches nothing for it") {
  const std::string text =
      "FROM a AS base\nENV SET=1\nFROM base AS other\nENV X=$STE\nCMD x\nFROM never:1 AS more\n"
      "COPY --chown=a:b:c a b\nRUN --network=host x\nCMD y\nFROM more AS wrong\nENV Y=${Z\nCMD z\n"
      "FROM base\n";
  FakeResolver resolver;
  FakeResolver known;
  const auto told = [](const std::vector<Diagnostic>& findings) {
    std::string all;
    for (const Diagnostic& one : findings)
      all += fmt::format("{} {};", one.range.line, one.rule);
    return all;
  };
  const Lowered lowered = Dockerfile(text).lower(options_for_test(), resolver, &known);
  CHECK(told(lowered.warnings) ==
        "4 UndefinedVar;5 JSONArgsRecommended;9 JSONArgsRecommended;12 JSONArgsRecommended;");
  CHECK(lowered.layers.empty());
  CHECK(resolver.asked == std::vector<std::string>{"a:latest"});
  CHECK(lowered.graph.size() == Dockerfile(text).lower(options_for_test(), resolver).graph.size());
  CHECK(Dockerfile(text).lower(options_for_test(), resolver).warnings.empty());
  Options options = options_for_test();
  options.target = "other";
  CHECK(told(Dockerfile(text).lower(options, resolver, &known).warnings) ==
        "4 UndefinedVar;5 JSONArgsRecommended;");
  const std::string good = "FROM a AS o\nCMD x\nFROM b AS p\nCOPY --from=o x y\nFROM b\nCMD z\n";
  CHECK(told(Dockerfile(good).lower(options_for_test(), resolver, &known).warnings) ==
        told(check(good, options_for_test(), known).findings));
  CHECK(Dockerfile("# check=error=true\n" + good)
            .lower(options_for_test(), resolver, &known)
            .warnings_are_errors);
}

TEST_CASE("only BuildKit's rules fail a check or a build") {
  FakeResolver resolver;
  const auto violations = [&](const std::string& text) {
    return violations_among(
        check("# check=error=true\n" + text, options_for_test(), resolver).findings);
  };
  CHECK(violations("FROM a\nRUN apt-get update\n").empty());
  CHECK(violations("FROM a\nCOPY . /app\nRUN chown -R 1 /app && npm ci\n").empty());
  CHECK(violations("# syntax=somebody/else\nFROM a\nLABEL a=\"x\xe2\x80\xaey\"").empty());
  const auto both = violations("FROM a as b\nRUN apt-get update\n");
  REQUIRE(both.size() == 1);
  CHECK(text_of(both) == "lint violation found for rules: FromAsCasing");
}

TEST_CASE("a check needs no entitlement") {
  CHECK(findings_of("FROM a\nRUN --network=host x\nRUN --security=insecure x\n"
                    "RUN --device=vendor.com/a=b x\n")
            .empty());
}

TEST_CASE("what was found before an error is told with it") {
  const std::vector<std::string> lines =
      findings_of("FROM a AS B\nCOPY --from=c x /\nFROM a AS c\n");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with("1 StageNameCasing"));
  CHECK(lines[1].starts_with("error: cannot copy from stage"));
}

TEST_CASE("every rule has a page of its own") {
  const std::string root = test::cases("dockerfile/lint").front() + "/../../../..";
  for (const Rule& rule : rules()) {
    CAPTURE(rule.name);
    CHECK(find_rule(rule.name) == &rule);
    CHECK(rule.summary.size() > 10);
    const auto page = read_file_if_exists(root + "/" + page_of(rule.name));
    REQUIRE(page);
    CHECK(page->starts_with(fmt::format("# {}\n", rule.name)));
    CHECK(page->find("```dockerfile\n") != std::string::npos);
  }
  CHECK(rules().size() == 28);
  const std::string docker = "https://docs.docker.com/go/dockerfile/rule/";
  CHECK(address_of("JSONArgsRecommended") == docker + "json-args-recommended/");
  CHECK(address_of("SecretsUsedInArgOrEnv") == docker + "secrets-used-in-arg-or-env/");
  CHECK(address_of("ExposeInvalidFormat") == docker + "expose-invalid-format/");
  CHECK(address_of("CopiedFilesRewritten") == "cbuild help CopiedFilesRewritten");
  CHECK(find_rule("NoSuchRule") == nullptr);
}

TEST_CASE("every linted Dockerfile has its recorded findings") {
  const std::vector<std::string> directories = test::cases("dockerfile/lint");
  CHECK(directories.size() >= 5);
  for (const std::string& directory : directories) {
    CAPTURE(directory);
    const std::string text = read_file(directory + "/Dockerfile");
    FakeResolver resolver;
    const CheckResult result = check(text, options_for_test(), resolver);
    std::string shown;
    for (const Diagnostic& one : result.findings)
      shown += fmt::format("{}: {}\n{}\n\n", one.rule, one.message,
                           excerpt("Dockerfile", text, one.range));
    if (result.error)
      shown += fmt::format("error: {}\n{}\n", result.error->what(),
                           excerpt("Dockerfile", text, result.error->range()));
    CHECK(shown == test::golden(directory + "/findings.txt", shown));
  }
}
