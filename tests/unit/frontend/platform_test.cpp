// What the platforms of target and machine mean for stages, and which stages ignore the cache.
#include <doctest/doctest.h>

#include <algorithm>

#include "cbuild/frontend/dockerfile.h"
#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"
#include "tests/support/fake_resolver.h"

namespace cbuild::frontend {

namespace {

constexpr std::string_view kCross = R"(FROM --platform=$BUILDPLATFORM tools AS tool
RUN make
FROM base AS app
ARG TARGETPLATFORM TARGETVARIANT
COPY --from=tool /x /x
RUN echo $TARGETPLATFORM $TARGETVARIANT
)";

Lowered lower_for(const std::string& platform, Options options = {}) {
  options.build_platform = oci::Platform::parse("linux/amd64");
  options.platform = oci::Platform::parse(platform);
  test::FakeResolver resolver;
  return Dockerfile(std::string(kCross)).lower(options, resolver);
}

const graph::Vertex& find(const Lowered& lowered, std::string_view label) {
  for (const graph::Vertex& vertex : lowered.graph.vertices()) {
    if (vertex.label.find(label) != std::string::npos) return vertex;
  }
  FAIL("no step " << label);
  return lowered.graph[0];
}

}  // namespace

TEST_CASE("a stage on the build platform is the same for all targets") {
  Options options;
  options.show_platform = true;
  const Lowered arm = lower_for("linux/arm", options);
  const Lowered riscv = lower_for("linux/riscv64", options);
  CHECK(find(arm, "RUN make").digest == find(riscv, "RUN make").digest);
  CHECK(find(arm, "RUN make").platform.to_string() == "linux/amd64");
  CHECK(find(arm, "RUN make").label == "[linux/amd64 tool 2/2] RUN make");
  CHECK(find(arm, "RUN echo").digest != find(riscv, "RUN echo").digest);
  CHECK(find(arm, "RUN echo").platform.to_string() == "linux/arm/v7");
  CHECK(find(arm, "RUN echo").label.starts_with("[linux/arm/v7 app 3/3]"));
  CHECK(arm.config.platform.variant == "v7");
  const auto env = std::get<graph::Exec>(find(arm, "RUN echo").op).env.entries();
  CHECK(std::ranges::find(env, "TARGETPLATFORM=linux/arm/v7") != env.end());
  CHECK(std::ranges::find(env, "TARGETVARIANT=v7") != env.end());
}

TEST_CASE("images that files are taken from are those of the result's platform") {
  Options options;
  options.build_platform = oci::Platform::parse("linux/amd64");
  options.platform = oci::Platform::parse("linux/arm64");
  test::FakeResolver resolver;
  Dockerfile(
      "FROM --platform=$BUILDPLATFORM tools\nCOPY --from=files /x /x\n"
      "RUN --mount=from=mounted,target=/m x\n")
      .lower(options, resolver);
  CHECK(resolver.asked_for == std::vector<std::string>{"tools:latest linux/amd64",
                                                       "files:latest linux/arm64",
                                                       "mounted:latest linux/arm64"});
}

TEST_CASE("an image for another processor stays what it is") {
  class Wrong final : public ImageResolver {
   public:
    ResolvedImage resolve(const oci::Reference& reference, const oci::Platform&) override {
      ResolvedImage image{reference, oci::Digest::of("x"), test::FakeResolver::config_of("x")};
      image.config.platform = oci::Platform::parse("linux/s390x");
      return image;
    }

    ResolvedImage resolve_context(const std::string&, const oci::Platform& platform) override {
      return resolve(oci::Reference::parse("x"), platform);
    }
  } wrong;

  Options options;
  options.platform = oci::Platform::parse("linux/arm64");
  const Lowered lowered = Dockerfile("FROM x\nRUN make\n").lower(options, wrong);
  CHECK(lowered.config.platform.architecture == "s390x");
  CHECK(find(lowered, "RUN make").platform.architecture == "s390x");
}

TEST_CASE("--no-cache-filter names stages, by name in any case or by number") {
  const auto ignoring = [](std::vector<std::string> stages) {
    Options options;
    options.no_cache_stages = std::move(stages);
    const Lowered lowered = lower_for("linux/amd64", options);
    return std::pair(find(lowered, "RUN make").ignore_cache,
                     find(lowered, "RUN echo").ignore_cache);
  };
  CHECK(ignoring({}) == std::pair(false, false));
  CHECK(ignoring({"TOOL"}) == std::pair(true, false));
  CHECK(ignoring({"1"}) == std::pair(false, true));
  CHECK(ignoring({"app", "tool"}) == std::pair(true, true));
  CHECK(ignoring({"other", ""}) == std::pair(false, false));
}

TEST_CASE("an epoch before the first FROM is told") {
  test::FakeResolver resolver;
  CHECK(Dockerfile("ARG SOURCE_DATE_EPOCH=7\nFROM x\n").lower({}, resolver).source_date_epoch ==
        "7");
  Options options;
  options.build_args["SOURCE_DATE_EPOCH"] = "8";
  CHECK(
      Dockerfile("ARG SOURCE_DATE_EPOCH=7\nFROM x\n").lower(options, resolver).source_date_epoch ==
      "8");
  CHECK_FALSE(
      Dockerfile("FROM x\nARG SOURCE_DATE_EPOCH=7\n").lower({}, resolver).source_date_epoch);
}

}  // namespace cbuild::frontend
