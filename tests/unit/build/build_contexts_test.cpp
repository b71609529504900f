// Where the files come from that a graph asks for.
#include "src/build/build_contexts.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "cbuild/build/build_failed.h"
#include "src/build/lowering_options.h"
#include "tests/unit/build/request.h"

namespace cbuild::build {

namespace {

/// The contexts of one request.
struct Opened {
  explicit Opened(Request its_request) : request(std::move(its_request)) {
    plan.add(0, request, world.services);
  }

  const std::map<std::string, ops::Context>& contexts() {
    for (const graph::Vertex& vertex : plan.graph().vertices()) {
      const auto* source = std::get_if<graph::ContextSource>(&vertex.op);
      if (source != nullptr) opened.add(*source, request, world.services);
    }
    return opened.by_identity();
  }

  World world;
  Request request;
  Plan plan;
  BuildContexts opened;
};

const std::string kFromNamed = "FROM scratch\nCOPY --from=files a /\n";

}  // namespace

TEST_CASE("the build context is the directory of the request, with its ignore file") {
  Request request = request_for("FROM scratch\nCOPY a /\nCOPY b /\n");
  request.context_directory = "/nonexistent";  // it is opened when a step wants it
  request.ignore_file = "*.log\n";
  request.ignore_file_name = "Dockerfile.dockerignore";
  Opened opened(request);
  REQUIRE(opened.contexts().size() == 1);
  const ops::Context& context = opened.contexts().at(context_identity(request));
  CHECK(context.directory == "/nonexistent");
  CHECK(context.ignore.excludes("a.log"));
  CHECK(context.ignore_name == "Dockerfile.dockerignore");
  CHECK_FALSE(context.temporary);
}

TEST_CASE("a Dockerfile that takes no files opens no context") {
  Request request = request_for("FROM scratch\nWORKDIR /a\n");
  request.context_directory = "/nonexistent";
  request.contexts["files"] = "/nonexistent";
  request.ignore_file = "[";
  CHECK_THROWS_AS(Opened{request}, BuildFailed);  // but its ignore file must be one
  request.ignore_file.clear();
  CHECK(Opened(request).contexts().empty());
}

TEST_CASE("a named directory has an ignore file of its own: the first of two names") {
  layer::Tree tree;
  Request request = request_for(kFromNamed);
  request.contexts["files"] = tree.at("");
  tree.file(".containerignore", "second\n");
  {
    Opened opened(request);
    REQUIRE(opened.contexts().size() == 1);
    const ops::Context& context = opened.contexts().begin()->second;
    CHECK(context.directory == tree.at(""));
    CHECK(context.ignore.excludes("second"));
    CHECK(context.ignore_name == "files/.containerignore");
  }
  tree.file(".dockerignore", "first\n");
  Opened opened(request);
  const ops::Context& context = opened.contexts().begin()->second;
  CHECK(context.ignore.excludes("first"));
  CHECK_FALSE(context.ignore.excludes("second"));
}

TEST_CASE("what is no file within the directory is no ignore file") {
  layer::Tree tree;
  tree.directory("context");
  tree.directory("context/.dockerignore");
  tree.file("outside", "a\n");
  tree.link("context/.containerignore", "../outside");
  Request request = request_for(kFromNamed);
  request.contexts["files"] = tree.at("context");
  Opened opened(request);
  CHECK(opened.contexts().begin()->second.ignore.empty());
  CHECK(opened.contexts().begin()->second.ignore_name.empty());

  // A pipe would be waited for.
  REQUIRE(::mkfifo(tree.at("context/pipe").c_str(), 0600) == 0);
  layer::Tree piped;
  REQUIRE(::mkfifo(piped.at(".dockerignore").c_str(), 0600) == 0);
  request.contexts["files"] = piped.at("");
  Opened other(request);
  CHECK(other.contexts().begin()->second.ignore.empty());
}

TEST_CASE("faults of a named context are told with its name") {
  layer::Tree tree;
  Request request = request_for(kFromNamed);
  request.contexts["files"] = tree.at("missing");
  Opened missing(request);
  try {
    missing.contexts();
    FAIL("it was opened");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(std::string(error.what()) ==
          "--build-context files: " + tree.at("missing") + ": No such file or directory");
  }
  tree.file(".dockerignore", "ok\n[\n");
  request.contexts["files"] = tree.at("");
  Opened wrong(request);
  try {
    wrong.contexts();
    FAIL("it was opened");
  } catch (const BuildFailed& error) {
    CHECK(error.faults()[0].range.line == 2);
    CHECK(holds(error.excerpt(), "files/.dockerignore:2"));
  }
}

}  // namespace cbuild::build
