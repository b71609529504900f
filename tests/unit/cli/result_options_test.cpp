// What comes out of a build: platforms, outputs, names, times.
#include "src/cli/result_options.h"

#include <doctest/doctest.h>

#include "cbuild/build/request.h"
#include "cbuild/layer/compression.h"
#include "tests/support/errors.h"
#include "tests/unit/cli/build_request.h"

namespace cbuild::cli {
namespace {

std::optional<std::string> nothing(const char*) {
  return std::nullopt;
}

build::Request request(std::vector<std::string> words) {
  words.emplace_back(".");
  return request_of(words, nothing, "/work");
}

std::string refusal(const std::vector<std::string>& words) {
  return refusal_of([&] { request(words); });
}

std::string names_of(const std::vector<oci::Reference>& names) {
  std::string text;
  for (const oci::Reference& name : names)
    text += name.familiar() + " ";
  return text;
}

TEST_CASE("--push pushes under all names, those of outputs too") {
  const build::Request built = request({"-t", "a:1", "--push", "-o", "type=image,name=b:2"});
  REQUIRE(built.outputs.size() == 2);
  CHECK(built.outputs[1].type == "registry");
  CHECK(names_of(built.outputs[1].names) == "a:1 b:2 ");
  CHECK(names_of(built.tags) == "a:1 b:2 ");
}

TEST_CASE("an output without names has those of the image, another keeps its own") {
  const build::Request built =
      request({"-t", "a:1", "-o", "type=docker,dest=x", "-o", "type=oci,dest=y,name=b:2"});
  CHECK(names_of(built.outputs[0].names) == "a:1 ");
  CHECK(names_of(built.outputs[1].names) == "b:2 ");
  CHECK(names_of(built.tags) == "a:1 ");  // a name within an archive names nothing here
}

TEST_CASE("what would be pushed must have a name") {
  CHECK(refusal({"-o", "type=registry"}) ==
        "cannot push an image without a name: give it one with --tag");
  CHECK(refusal({"-o", "type=image,push=true"}) ==
        "cannot push an image without a name: give it one with --tag");
  CHECK(refusal({"-o", "type=registry,name=a"}) == "accepted");
}

TEST_CASE("--compression counts where an output says nothing, and only for layers that leave") {
  const build::Request built = request({"--compression=gzip:3", "-o", "type=oci,dest=x", "-o",
                                        "type=docker,dest=y,compression=zstd"});
  CHECK(built.outputs[0].compression == layer::Compression::gzip);
  CHECK(built.outputs[0].compression_level == 3);
  CHECK(built.outputs[1].compression == layer::Compression::zstd);
  CHECK(built.outputs[1].compression_level == 0);
  for (const std::string output : {"type=local,dest=x", "type=tar,dest=x", "type=image"}) {
    CAPTURE(output);
    CHECK(holds(refusal({"--compression=gzip", "-o", output}), "no layer leaves the store"));
  }
  for (const std::string wrong : {"gzip:", "gzip:23", "gzip:x", "lzma", "gzip,push=true",
                                  "gzip:3,name=a", "\"gzip\"", "gzip\n", ":3"}) {
    CAPTURE(wrong);
    CHECK(
        refusal({"--compression", wrong, "-o", "type=oci,dest=x"}).starts_with("--compression '"));
  }
}

TEST_CASE("a docker archive is of one platform, and says what is of several") {
  const std::vector<std::string> two = {"--platform=linux/amd64,linux/arm64", "-o",
                                        "type=docker,dest=x"};
  try {
    request(two);
    FAIL("it was accepted");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) ==
          "--output type=docker holds an image for one platform, not 2");
    CHECK(error.hint() == "use type=oci");
  }
  // The same platform twice is one.
  CHECK(refusal({"--platform=linux/amd64,linux/amd64", "-o", "type=docker,dest=x"}) == "accepted");
}

TEST_CASE("the time of the context is asked for by a word, and a time comes before it") {
  CHECK(wants_time_of_context(request({"--build-arg", "SOURCE_DATE_EPOCH=context"})));
  CHECK_FALSE(request({"--build-arg", "SOURCE_DATE_EPOCH=context"}).source_date_epoch);
  CHECK_FALSE(wants_time_of_context(request({})));
  CHECK_FALSE(wants_time_of_context(request({"--build-arg", "SOURCE_DATE_EPOCH=5"})));
  CHECK_FALSE(wants_time_of_context(
      request({"--timestamp=5", "--build-arg", "SOURCE_DATE_EPOCH=context"})));
}

TEST_CASE("an empty build argument takes the time of the environment away") {
  const auto lookup = [](const char* name) -> std::optional<std::string> {
    return std::string_view(name) == "SOURCE_DATE_EPOCH" ? std::optional("7") : std::nullopt;
  };
  const auto built = request_of({".", "--build-arg", "SOURCE_DATE_EPOCH="}, lookup, "/work");
  CHECK_FALSE(built.source_date_epoch);
  CHECK(built.build_args.at("SOURCE_DATE_EPOCH").empty());
}

TEST_CASE("annotations of what stays in the store are the image's, others their output's") {
  const build::Request built = request({"--annotation", "a=1", "-o", "type=image,annotation.b=2",
                                        "-o", "type=oci,dest=x,annotation.c=3"});
  REQUIRE(built.annotations.size() == 2);
  CHECK(built.annotations[0].key == "a");
  CHECK(built.annotations[1].key == "b");
  CHECK(built.outputs[0].annotations.empty());
  REQUIRE(built.outputs[1].annotations.size() == 1);
  CHECK(holds(refusal({"--annotation", "a"}), "want [PLACE:]NAME=VALUE"));
}

}  // namespace
}  // namespace cbuild::cli
