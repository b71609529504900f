// Lowering of several stages: bases, their triggers, labels of steps, arguments nobody uses.
#include "frontend/dockerfile/lowering.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/errors.h"
#include "tests/unit/frontend/lower_support.h"

using namespace cbuild;
using namespace cbuild::test::lowering;
using cbuild::test::FakeResolver;

namespace {

using Strings = std::vector<std::string>;

Strings labels_of(const Lowered& lowered) {
  Strings labels;
  for (const graph::Vertex& vertex : lowered.graph.vertices())
    labels.push_back(vertex.label);
  return labels;
}

/// Message and hint about a base that is not there.
std::string missing(const std::string& text) {
  FakeResolver resolver = resolver_for_test();
  try {
    Dockerfile(text).lower(options_for_test(), resolver);
    return "";
  } catch (const ResolveError& error) {
    CHECK(error.kind() == ErrorKind::network);
    return fmt::format("{} {}|{}", error.range().line, error.what(), error.hint());
  }
}

std::vector<std::string> history_of(const Lowered& lowered) {
  Strings history;
  for (const oci::HistoryEntry& entry : lowered.config.history)
    history.push_back(entry.created_by);
  return history;
}

}  // namespace

TEST_CASE("steps are numbered in their stage, which is named when there are several") {
  CHECK(labels_of(lower_text("FROM debian\nENV a=b\nRUN x\nWORKDIR /\nWORKDIR /w\nLABEL a=b")) ==
        Strings{"[1/4] FROM docker.io/library/debian:latest", "[2/4] RUN x", "[4/4] WORKDIR /w"});
  CHECK(labels_of(lower_text("FROM scratch\nCOPY a /b")) ==
        Strings{"[internal] load build context", "[1/1] COPY a /b"});
  CHECK(labels_of(lower_text("FROM debian AS Base\nRUN x\nFROM base\nRUN y\nRUN z")) ==
        Strings{"[base 1/2] FROM docker.io/library/debian:latest", "[base 2/2] RUN x",
                "[stage-1 1/2] RUN y", "[stage-1 2/2] RUN z"});
  std::string many = "FROM debian AS a\n";
  for (int i = 0; i < 10; ++i)
    many += fmt::format("RUN x{}\n", i);
  CHECK(labels_of(lower_text(many))[1] == "[a  2/11] RUN x0");
  Options options = options_for_test();
  options.show_platform = true;
  CHECK(labels_of(lower_text("FROM debian\nRUN a\\\n b", options)).back() ==
        "[linux/amd64 2/2] RUN a b");
}

TEST_CASE("a base that is not there is told at its place, with the stage that may be meant") {
  const std::string none = "docker.io/library/missing:latest: not found|";

  struct Row {
    std::string text;
    std::string error;
  };

  const Row rows[] = {
      {"FROM missing", "1 " + none},
      {"FROM debian AS mising\nFROM missing", "2 " + none + "did you mean the stage mising?"},
      {"FROM missing\nFROM debian AS missing\nCOPY --from=0 a b",
       "1 " + none + "the stage missing is defined later: FROM can only name an earlier stage"},
      {"FROM debian\nCOPY --from=missing a b",
       "2 there is no stage missing, so cbuild looked for an image of that name: " + none},
      {"FROM debian\nRUN --mount=from=missing,target=/m x",
       "2 there is no stage missing, so cbuild looked for an image of that name: " + none},
      {"FROM debian\nCOPY --from=missing:1 a b", "2 docker.io/library/missing:1: not found|"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(missing(row.text) == row.error);
  }
}

TEST_CASE("what is wrong in the file is told before a base that is not there") {
  FakeResolver resolver;
  CHECK(error_of([&] {
          Dockerfile("FROM debian AS a\nARG P=x\nEXPOSE $P\nFROM missing\nCOPY --from=a a b")
              .lower(options_for_test(), resolver);
        }).starts_with("invalid port 'x'"));
  CHECK(resolver.asked == Strings{"debian:latest", "missing:latest"});
}

TEST_CASE("triggers of a base run first, and are told at the FROM") {
  const Lowered lowered = lower_text("FROM debian\nFROM onbuild:1\nRUN own");
  CHECK(history_of(lowered) == Strings{"ADD rootfs.tar /", "ARG FLAVOUR=plain",
                                       "COPY . /src # buildkit",
                                       "RUN |1 FLAVOUR=plain /bin/sh -c make $FLAVOUR # buildkit",
                                       "RUN |1 FLAVOUR=plain /bin/sh -c own # buildkit"});
  CHECK(lowered.config.config.on_build.empty());
  const graph::Vertex& make = lowered.graph[lowered.layers[1]];
  CHECK(make.label == "[stage-1 3/4] RUN make $FLAVOUR");
  CHECK(make.range.line == 2);

  CHECK(error_of([] { lower_text("FROM badtrigger:1"); }) ==
        "ONBUILD trigger \"FROM other\" of the base: FROM is not allowed there");
  CHECK(error_of([] { lower_text("FROM devicetrigger:1"); }) ==
        "ONBUILD trigger \"RUN --device=vendor.com/class=name x\" of the base: --device is not "
        "supported: cbuild gives a step no devices of this machine");
}

TEST_CASE("a trigger of a stage runs in those based on it, and in none after them") {
  const std::string text =
      "FROM debian AS a\nONBUILD ENV A=1\nONBUILD RUN $A\nFROM a AS b\nFROM b AS c\n";
  const auto layers = [&](const std::string& target) {
    Options options = options_for_test();
    options.target = target;
    return lower_text(text, options);
  };
  CHECK(layers("a").layers.empty());
  CHECK(layers("a").config.config.on_build == Strings{"ENV A=1", "RUN $A"});
  CHECK(layers("b").layers.size() == 1);
  CHECK(layers("b").config.config.on_build.empty());
  CHECK(layers("c").layers.size() == 1);
}

TEST_CASE("a build argument that nothing declares is told, but for those that need no ARG") {
  Options options = options_for_test();
  for (const char* name :
       {"UNUSED", "in_stage", "in_other_stage", "in_global", "in_trigger", "FLAVOUR", "TARGETOS",
        "BUILDPLATFORM", "TARGETSTAGE", "HTTPS_PROXY", "all_proxy", "BUILDKIT_INLINE_CACHE",
        "buildkit_whatever", "SOURCE_DATE_EPOCH", "TARGETOSS"})
    options.build_args[name] = name == std::string("TARGETOS") ? "linux" : "1";
  const Lowered lowered = lower_text(
      "ARG in_global\nFROM debian\nARG in_other_stage\nFROM onbuild:1\nARG in_stage\n"
      "ONBUILD ARG in_trigger",
      options);
  CHECK(lowered.unused_build_args == Strings{"TARGETOSS", "UNUSED"});
}

TEST_CASE("what describes the base does not describe the image") {
  const Lowered lowered = lower_text("FROM service:1\nLABEL own=1");
  CHECK(lowered.config.created.empty());
  CHECK(lowered.config.unknown.empty());
  CHECK(lowered.config.unknown_config.empty());
  CHECK(lowered.config.author == "who made the base");
  CHECK(lowered.base_history == 1);
  CHECK(lowered.config.history[0].created == "2026-01-01T00:00:00Z");
  CHECK(lowered.config.config.user == "app");
  CHECK(lowered.config.config.env == Strings{"PATH=/opt/bin:/usr/bin", "LANG=C.UTF-8", "BROKEN"});
}

TEST_CASE("an image without PATH gets docker's") {
  const std::string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  CHECK(lower_text("FROM bare:1").config.config.env == Strings{path});
  CHECK(lower_text("FROM scratch").config.config.env == Strings{path});
  CHECK(lower_text("FROM scratch").config.config.working_dir == "/");
  Options windows = options_for_test();
  windows.platform = oci::Platform::parse("windows/amd64");
  CHECK(lower_text("FROM bare:1", windows).config.config.env.empty());
  CHECK(lower_text("FROM bare:1\nCMD x", windows).config.config.cmd ==
        Strings{"cmd", "/S", "/C", "x"});
}

TEST_CASE("a directory as base is a layer of its own") {
  Options options = options_for_test();
  options.contexts = {{"files", {ContextKind::directory, "id of files"}},
                      {"replaced", {ContextKind::directory}},
                      {"nothing", {ContextKind::scratch}}};
  const Lowered lowered = lower_text("FROM files\nRUN x", options);
  CHECK(lowered.layers.size() == 2);
  CHECK(history_of(lowered) == Strings{"FROM files", "RUN /bin/sh -c x # buildkit"});
  CHECK(std::get<graph::ContextSource>(lowered.graph[0].op).identity == "id of files");
  // A stage that a context stands for does nothing of its own.
  CHECK(history_of(lower_text("FROM debian AS replaced\nRUN x\nFROM replaced\nENV a=b", options)) ==
        Strings{"FROM replaced", "ENV a=b"});
  CHECK(lower_text("FROM nothing\nENV a=b", options).root == graph::kNoInput);
}

TEST_CASE("the platform that was asked for is the result's, the variant of the base kept") {
  const auto variant = [](const std::string& asked, bool given) {
    Options options = options_for_test();
    options.platform = oci::Platform::parse(asked);
    options.platform_given = given;
    return lower_text("FROM --platform=linux/amd64/v3 debian", options).config.platform.to_string();
  };
  CHECK(variant("linux/amd64", false) == "linux/amd64/v3");
  CHECK(variant("linux/amd64", true) == "linux/amd64/v3");
  CHECK(variant("linux/amd64/v2", true) == "linux/amd64/v2");
  CHECK(variant("linux/arm64", true) == "linux/arm64");
  CHECK(variant("linux/arm64", false) == "linux/amd64/v3");
}

TEST_CASE("steps that ignore the cache are those of the stages named, or all") {
  Options options = options_for_test();
  options.no_cache = true;
  const Lowered lowered = lower_text("FROM debian AS a\nRUN x\nFROM a\nRUN y", options);
  for (const graph::VertexId layer : lowered.layers)
    CHECK(lowered.graph[layer].ignore_cache);
  CHECK_FALSE(lowered.graph[0].ignore_cache);  // the image is what its digest says
}
