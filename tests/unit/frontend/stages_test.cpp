#include "frontend/dockerfile/stages.h"

#include <doctest/doctest.h>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/options.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/parse.h"

using namespace cbuild;
using namespace cbuild::frontend;

namespace {

Options options_for_test() {
  Options options;
  options.platform = oci::Platform::parse("linux/amd64");
  options.build_platform = options.platform;
  return options;
}

/// "scratch", "stage 1", "image debian:12", "directory files", "context image base".
std::string origin_text(const Origin& origin) {
  if (const auto* stage = std::get_if<StageOrigin>(&origin))
    return "stage " + std::to_string(stage->index);
  if (const auto* image = std::get_if<ImageOrigin>(&origin))
    return "image " + image->reference.familiar();
  if (const auto* context = std::get_if<ContextOrigin>(&origin))
    return (context->is_image ? "context image " : "directory ") + context->name;
  return "scratch";
}

std::string error_of(const std::string& text, const Options& options) {
  try {
    split_stages(parse(text), options);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the base of a stage is a context, a stage, scratch or an image, in this order") {
  struct Row {
    std::string text;
    std::string base;  // of the last stage
  };

  const Row rows[] = {
      {"FROM debian", "image debian:latest"},
      {"FROM docker.io/library/debian:12", "image debian:12"},
      {"FROM localhost:5000/a/b", "image localhost:5000/a/b:latest"},
      {"FROM scratch", "scratch"},
      {"FROM a AS b\nFROM b", "stage 0"},
      {"FROM a AS Build\nFROM bUILD", "stage 0"},
      {"FROM a AS x\nFROM b AS x\nFROM x", "stage 1"},
      {"FROM a AS a", "image a:latest"},
      {"FROM b\nFROM a AS b", "image a:latest"},
      {"FROM a AS x\nFROM 0", "image 0:latest"},
      {"FROM x AS scratch\nFROM scratch", "stage 0"},
      {"ARG V=12\nFROM debian:$V", "image debian:12"},
      {"ARG V=12\nARG W=${V}-slim\nFROM debian:$W", "image debian:12-slim"},
      {"ARG GIVEN=12\nFROM debian:$GIVEN", "image debian:13"},
      {"ARG GIVEN\nFROM debian:$GIVEN", "image debian:13"},
      {"FROM debian:${NOPE:-sid}", "image debian:sid"},
      {"FROM debian:$TARGETARCH", "image debian:amd64"},
      {"FROM base", "context image base"},
      {"FROM docker.io/library/base:latest", "context image base"},
      {"FROM base:1", "image base:1"},
      {"FROM files", "directory files"},
      {"FROM a AS files\nFROM files", "directory files"},
      {"FROM arm", "image arm:latest"},
      {"FROM --platform=linux/arm64 arm", "context image arm::linux/arm64"},
  };
  Options options = options_for_test();
  options.build_args["GIVEN"] = "13";
  options.contexts = {{"base", {ContextKind::image}},
                      {"files", {ContextKind::directory}},
                      {"arm::linux/arm64", {ContextKind::image}}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Ast ast = parse(row.text);
    CHECK(origin_text(split_stages(ast, options).all.back().base) == row.base);
  }
}

TEST_CASE("--from names a context, an earlier stage, its number, scratch or an image") {
  struct Row {
    std::string from;
    std::string origin;
  };

  const Row rows[] = {
      {"one", "stage 0"},     {"ONE", "stage 0"},
      {"two", "stage 1"},     {"0", "stage 0"},
      {"1", "stage 1"},       {"nginx:1", "image nginx:1"},
      {"scratch", "scratch"}, {"files", "directory files"},
      {"nothing", "scratch"},
  };
  Options options = options_for_test();
  options.contexts = {{"files", {ContextKind::directory}}, {"nothing", {ContextKind::scratch}}};
  for (const Row& row : rows) {
    CAPTURE(row.from);
    const Ast ast =
        parse("FROM a AS one\nFROM a AS two\nFROM a AS three\nCOPY --from=" + row.from + " a b\n");
    const Stages stages = split_stages(ast, options);
    const ast::Word word{row.from, {}};
    CHECK(origin_text(find_origin(stages, 2, word, options)) == row.origin);
  }
}

TEST_CASE("the target is found by name in any case, by number, or is the last stage") {
  struct Row {
    std::string target;
    std::size_t index;
  };

  const Row rows[] = {{"", 2}, {"build", 0}, {"BUILD", 0}, {"2", 2}, {"1", 1}, {"test", 1}};
  const Ast ast = parse("FROM a AS build\nFROM a AS Test\nFROM a");
  for (const Row& row : rows) {
    CAPTURE(row.target);
    Options options = options_for_test();
    options.target = row.target;
    CHECK(split_stages(ast, options).target == row.index);
  }
}

TEST_CASE("a target that is not there is refused with what may be meant") {
  struct Row {
    std::string target;
    std::string error;
  };

  const Row rows[] = {
      {"bulder", "target stage \"bulder\" could not be found (did you mean builder?)"},
      {"production", "target stage \"production\" could not be found (there are: builder, final)"},
      {"2", "target stage \"2\" could not be found (there are: builder, final)"},
      {"-1", "target stage \"-1\" could not be found (there are: builder, final)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    Options options = options_for_test();
    options.target = row.target;
    CHECK(error_of("FROM a AS builder\nFROM b AS final", options) == row.error);
  }
}

TEST_CASE("only the stages that the target is made of are needed") {
  struct Row {
    std::string text;
    std::vector<std::size_t> needed;
  };

  const Row rows[] = {
      {"FROM a\nFROM b", {1}},
      {"FROM a AS x\nFROM b\nFROM x", {0, 2}},
      {"FROM a\nFROM b\nFROM c\nCOPY --from=0 a b", {0, 2}},
      {"FROM a AS x\nFROM b\nFROM c\nRUN --mount=type=bind,from=x,target=/x ls", {0, 2}},
      {"FROM a AS x\nFROM b AS y\nONBUILD COPY --from=x a b\nFROM y", {0, 1, 2}},
      {"FROM a AS x\nFROM b AS y\nONBUILD COPY --from=x a b", {1}},
      {"FROM a AS x\nFROM x AS replaced\nFROM replaced", {2}},
  };
  Options options = options_for_test();
  options.contexts = {{"replaced", {ContextKind::directory}}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Ast ast = parse(row.text);
    CHECK(needed_stages(split_stages(ast, options), options) == row.needed);
  }
}

TEST_CASE("--platform takes variables of the global scope; without it the result's counts") {
  Options options = options_for_test();
  options.platform = oci::Platform::parse("linux/arm64");
  const Ast ast = parse(
      "ARG P=linux/arm/v7\nFROM a\nFROM --platform=$BUILDPLATFORM a\nFROM --platform=$P a\n"
      "FROM --platform=x86_64 a");
  const Stages stages = split_stages(ast, options);
  const std::string expected[] = {"linux/arm64", "linux/amd64", "linux/arm/v7", "linux/amd64"};
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(stages.all[i].platform.to_string() == expected[i]);
}

TEST_CASE("a Dockerfile whose stages make no sense is refused") {
  struct Row {
    std::string text;
    std::string error;
  };

  const Row rows[] = {
      {"RUN x\nFROM a", "no build stage in current context (want FROM first)"},
      {"ARG A=1", "dockerfile contains no stages to build (want FROM)"},
      {"FROM $NOPE",
       "base name ($NOPE) should not be blank: NOPE has no value, only an ARG before the first "
       "FROM is visible here"},
      {"FROM --platform=$NOPE a", "empty platform value from expression $NOPE"},
      {"FROM --platform=$BULIDPLATFORM a",
       "empty platform value from expression $BULIDPLATFORM (did you mean BUILDPLATFORM?)"},
      {"ARG MY_ARCH=arm\nFROM --platform=linux/${MYARCH} a",
       "failed to parse platform linux/${MYARCH}: 'linux/' is not a platform (want "
       "os/architecture, like linux/amd64) (did you mean MY_ARCH?)"},
      {"FROM a AS x\nCOPY --from=x a b", "stage \"x\" cannot take files from itself"},
      {"FROM a AS x\nCOPY --from=y a b\nFROM a AS y",
       "cannot copy from stage \"y\", it needs to be defined before current stage \"x\""},
      {"FROM a\nCOPY --from=0 a b", "invalid stage index 0 (want an earlier stage: this one is 0)"},
      {"FROM a\nCOPY --from=7 a b", "invalid stage index 7 (want an earlier stage: this one is 0)"},
      {"FROM a AS x\nRUN --mount=from=y,target=/y ls\nFROM b AS y",
       "cannot copy from stage \"y\", it needs to be defined before current stage \"x\""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(error_of(row.text, options_for_test()) == row.error);
  }
}
