// What the frontend is told of a request.
#include "src/build/lowering_options.h"

#include <doctest/doctest.h>

#include "cbuild/frontend/options.h"
#include "src/build/switches.h"
#include "tests/unit/build/request.h"

namespace cbuild::build {

namespace {

const auto kAmd64 = oci::Platform::parse("linux/amd64");
const auto kArm64 = oci::Platform::parse("linux/arm64");

frontend::Options options_of(const Request& request) {
  return lowering_options(request, kAmd64);
}

}  // namespace

TEST_CASE("a request without platform is for this machine, and overrides no base image's") {
  Request request;
  CHECK(wanted_platforms(request) == std::vector{oci::Platform::host()});
  CHECK_FALSE(options_of(request).platform_given);
  CHECK_FALSE(options_of(request).show_platform);
}

TEST_CASE("labels of steps show the platform where there are several") {
  Request request;
  request.platforms = {kAmd64};
  CHECK(options_of(request).platform_given);
  CHECK_FALSE(options_of(request).show_platform);
  request.platforms = {kArm64, kAmd64};
  CHECK(wanted_platforms(request) == std::vector{kArm64, kAmd64});
  CHECK(options_of(request).show_platform);
  CHECK(lowering_options(request, kArm64).platform == kArm64);
}

TEST_CASE("the frontend is told what the request asks for") {
  Request request;
  request.build_args = {{"A", "1"}};
  request.labels = {{"b", "2"}};
  request.target = "final";
  request.network = graph::Network::none;
  request.allow_host_network = true;
  request.no_cache_stages = {"one"};
  const frontend::Options options = options_of(request);
  CHECK(options.build_args == request.build_args);
  CHECK(options.labels == request.labels);
  CHECK(options.target == "final");
  CHECK(options.network == graph::Network::none);
  CHECK(options.allow_host_network);
  CHECK_FALSE(options.allow_insecure);
  CHECK_FALSE(options.no_cache);
  CHECK(options.no_cache_stages == request.no_cache_stages);
  CHECK(options.is_to_be_built);

  Request other;
  other.allow_insecure = true;
  other.no_cache = true;
  CHECK(options_of(other).allow_insecure);
  CHECK(options_of(other).no_cache);
  CHECK_FALSE(options_of(other).allow_host_network);
}

TEST_CASE("a context is told apart by its directory and by what is ignored in it") {
  Request request;
  CHECK(context_identity(request).empty());
  request.ignore_file = "x";
  CHECK(context_identity(request).empty());  // of a context that is not there

  request.context_directory = "/a";
  Request directory = request;
  directory.context_directory = "/b";
  Request patterns = request;
  patterns.ignore_file = "y";
  Request file = request;
  file.ignore_file_name = "Dockerfile.dockerignore";
  for (const Request& other : {directory, patterns, file})
    CHECK(context_identity(request) != context_identity(other));
  CHECK(options_of(request).context_identity == context_identity(request));
}

TEST_CASE("a named context is a directory, an image or scratch") {
  Request request;
  request.contexts = {{"files", "/dir"},
                      {"url", "https://example.com/a.git"},
                      {"nothing", image::Location(image::Scratch{})},
                      {"alpine", image::Location(oci::Reference::parse("alpine:3"))},
                      {"layout", image::Location(image::LayoutImage{"/layout", ""})}};
  const frontend::Options options = options_of(request);
  REQUIRE(options.contexts.size() == 5);
  using frontend::ContextKind;
  CHECK(options.contexts.at("files").kind == ContextKind::directory);
  CHECK(options.contexts.at("url").kind == ContextKind::directory);
  CHECK(options.contexts.at("nothing").kind == ContextKind::scratch);
  CHECK(options.contexts.at("alpine").kind == ContextKind::image);
  CHECK(options.contexts.at("layout").kind == ContextKind::image);
  CHECK(options.contexts.at("files").identity != options.contexts.at("url").identity);
}

TEST_CASE("a repository with its .git directory is another context than without it") {
  Request request;
  request.contexts = {{"src", "https://example.com/a.git"}};
  Request with_git = request;
  with_git.build_args[kKeepGitDirectory] = "1";
  CHECK(options_of(request).contexts.at("src").identity !=
        options_of(with_git).contexts.at("src").identity);
}

TEST_CASE("a named context is not the build context, though it is the same directory") {
  Request request;
  request.context_directory = "/dir";
  request.contexts = {{"context", "/dir"}};
  CHECK(options_of(request).contexts.at("context").identity != context_identity(request));
}

TEST_CASE("a switch is on in the spellings of Go's strconv.ParseBool alone") {
  struct Row {
    std::string value;
    bool on;
  };

  const Row rows[] = {{"1", true},    {"t", true},    {"T", true},   {"true", true},
                      {"TRUE", true}, {"True", true}, {"0", false},  {"false", false},
                      {"", false},    {"yes", false}, {"on", false}, {"tRUE", false},
                      {"11", false},  {" 1", false}};
  for (const Row& row : rows) {
    CAPTURE(row.value);
    Request request;
    request.build_args[kKeepGitDirectory] = row.value;
    CHECK(is_switched_on(request.build_args, kKeepGitDirectory) == row.on);
  }
  CHECK_FALSE(is_switched_on({}, kKeepGitDirectory));
}

}  // namespace cbuild::build
