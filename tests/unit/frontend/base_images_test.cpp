// Base images: how often the resolver is asked.
#include "frontend/dockerfile/base_images.h"

#include <doctest/doctest.h>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/options.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/parse.h"
#include "frontend/dockerfile/stages.h"
#include "tests/support/fake_resolver.h"

namespace cbuild::frontend {

namespace {

using Texts = std::vector<std::string>;

Options options_for_test() {
  Options options;
  options.platform = oci::Platform::parse("linux/amd64");
  options.build_platform = options.platform;
  options.contexts = {{"given", {ContextKind::image}}};
  return options;
}

/// The stages of a Dockerfile and their base images.
struct Bases {
  explicit Bases(const std::string& text) : ast(parse(text)) {}

  const ResolvedImage& resolve(std::size_t index) {
    const Stage& stage = stages.all[index];
    return images.resolve(stage.base, stage.platform, stage, stage.from->image);
  }

  Ast ast;
  Stages stages = split_stages(ast, options_for_test());
  test::FakeResolver resolver;
  BaseImages images{stages, resolver};
};

/// Fails as an interrupted pull does.
class InterruptedResolver final : public ImageResolver {
 public:
  ResolvedImage resolve(const oci::Reference&, const oci::Platform&) override {
    throw Interrupted();
  }

  ResolvedImage resolve_context(const std::string&, const oci::Platform&) override {
    throw Interrupted();
  }
};

}  // namespace

TEST_CASE("the resolver is asked once for each image and platform") {
  Bases bases(
      "FROM a\nFROM docker.io/library/a:latest\nFROM --platform=linux/arm64 a\nFROM a:2\n"
      "FROM a AS b");
  for (std::size_t i = 0; i < bases.stages.all.size(); ++i)
    bases.resolve(i);
  CHECK(bases.resolver.asked_for ==
        Texts{"a:latest linux/amd64", "a:latest linux/arm64", "a:2 linux/amd64"});
  CHECK(&bases.resolve(0) == &bases.resolve(4));
  CHECK(bases.resolve(2).config.platform.to_string() == "linux/arm64");
}

TEST_CASE("an image context is not the image of its name") {
  Bases bases("FROM given\nFROM contexts.example/given\nFROM given");
  for (std::size_t i = 0; i < 3; ++i)
    bases.resolve(i);
  CHECK(bases.resolver.asked == Texts{"context given", "contexts.example/given:latest"});
}

TEST_CASE("after ask() the new resolver is asked, but not for what is known") {
  Bases bases("FROM a\nFROM b");
  bases.resolve(0);
  test::FakeResolver other;
  bases.images.ask(other);
  bases.resolve(0);
  bases.resolve(1);
  CHECK(bases.resolver.asked == Texts{"a:latest"});
  CHECK(other.asked == Texts{"b:latest"});
}

TEST_CASE("a failure is at the word of the image, keeps its kind, and is asked for again") {
  Bases bases("FROM a\nFROM missing:1");
  for (std::size_t times = 1; times <= 2; ++times) {
    try {
      bases.resolve(1);
      FAIL("resolved");
    } catch (const ResolveError& error) {
      CHECK(error.kind() == ErrorKind::network);
      CHECK(error.range().line == 2);
      CHECK(error.range().column == bases.stages.all[1].from->image.range.column);
      CHECK(std::string(error.what()) == "docker.io/library/missing:1: not found");
      CHECK(error.hint().empty());
    }
    CHECK(bases.resolver.asked.size() == times);
  }
}

TEST_CASE("an interruption is no fault of the image") {
  Bases bases("FROM a");
  InterruptedResolver interrupted;
  bases.images.ask(interrupted);
  CHECK_THROWS_AS(bases.resolve(0), Interrupted);
}

}  // namespace cbuild::frontend
