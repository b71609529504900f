// A Dockerfile is parsed once and lowered several times.
#include "cbuild/frontend/dockerfile.h"

#include <doctest/doctest.h>

#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"
#include "tests/support/fake_resolver.h"

using namespace cbuild;
using namespace cbuild::frontend;
using cbuild::test::FakeResolver;

namespace {

Options options_for(const std::string& platform) {
  Options options;
  options.platform = oci::Platform::parse(platform);
  options.platform_given = true;
  return options;
}

/// The messages of all that is wrong, in their order.
std::vector<std::string> faults_of(const Dockerfile& dockerfile, const Options& options) {
  FakeResolver resolver;
  try {
    dockerfile.lower(options, resolver);
    return {};
  } catch (const DockerfileError& error) {
    std::vector<std::string> messages;
    for (const Diagnostic& one : error.diagnostics())
      messages.push_back(one.message);
    return messages;
  }
}

}  // namespace

TEST_CASE("lowering for one platform leaves nothing behind for the next") {
  const Dockerfile dockerfile(
      "ARG TARGETARCH\n"
      "FROM debian AS base\n"
      "ONBUILD RUN make\n"
      "FROM base\n"
      "ARG TARGETARCH\n"
      "RUN build $TARGETARCH\n");
  FakeResolver resolver;
  const Lowered first = dockerfile.lower(options_for("linux/amd64"), resolver);
  const Lowered other = dockerfile.lower(options_for("linux/arm64"), resolver);
  const Lowered again = dockerfile.lower(options_for("linux/amd64"), resolver);
  CHECK(first.layers.size() == 2);
  CHECK(other.config.platform.architecture == "arm64");
  CHECK(first.graph[first.root].digest == again.graph[again.root].digest);
  CHECK(first.graph[first.root].digest != other.graph[other.root].digest);
}

TEST_CASE("each lowering reports ill-formed instructions with what it finds itself") {
  const Dockerfile dockerfile("FROM debian\nEXPOSE\nSTOPSIGNAL NONE\n");
  for (int i = 0; i < 2; ++i) {
    const std::vector<std::string> faults = faults_of(dockerfile, options_for("linux/amd64"));
    REQUIRE(faults.size() == 2);
    CHECK(faults[0].starts_with("EXPOSE requires"));
    CHECK(faults[1].starts_with("invalid signal"));
  }
}

TEST_CASE("a trigger is parsed as the stages based on it read it: escape is a backslash") {
  // In the file, where escape is '`', the backslash is a character like others.
  const Dockerfile dockerfile(
      "# escape=`\n"
      "FROM debian AS base\n"
      "ONBUILD ENV A=b\\c\n"
      "FROM base\n");
  FakeResolver resolver;
  const Lowered lowered = dockerfile.lower(options_for("linux/amd64"), resolver);
  CHECK(lowered.config.config.env.back() == "A=bc");
}

TEST_CASE("a text that is no Dockerfile is refused when it is read") {
  CHECK_THROWS_AS(Dockerfile(""), DockerfileError);
  CHECK_THROWS_AS(Dockerfile("# only a comment\n"), DockerfileError);
}
