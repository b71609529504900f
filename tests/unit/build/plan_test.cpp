// One graph of several Dockerfiles and platforms.
#include "src/build/plan.h"

#include <doctest/doctest.h>

#include "cbuild/build/build_failed.h"
#include "tests/unit/build/request.h"

namespace cbuild::build {

namespace {

const std::string kTwoSteps = "FROM scratch\nWORKDIR /a\nWORKDIR /b\nENV x=y\n";

/// A plan of these requests.
struct Planned {
  explicit Planned(std::vector<Request> its_requests) : requests(std::move(its_requests)) {
    for (std::size_t i = 0; i < requests.size(); ++i)
      builds.push_back(&plan.add(i, requests[i], world.services));
  }

  World world;
  std::vector<Request> requests;
  Plan plan;
  std::vector<const PlannedBuild*> builds;
};

Request for_platforms(Request request, const std::vector<std::string>& platforms) {
  request.platforms.clear();
  for (const std::string& platform : platforms)
    request.platforms.push_back(oci::Platform::parse(platform));
  return request;
}

}  // namespace

TEST_CASE("a build has one target a platform, in the order of the request") {
  const Planned planned({for_platforms(request_for(kTwoSteps), {"linux/arm64", "linux/amd64"})});
  const PlannedBuild& build = *planned.builds.front();
  REQUIRE(build.targets.size() == 2);
  CHECK(build.targets[0].platform == oci::Platform::parse("linux/arm64"));
  CHECK(build.targets[1].platform == oci::Platform::parse("linux/amd64"));
  CHECK(build.targets[0].config.platform == build.targets[0].platform);
  CHECK(build.targets[0].layers.size() == 2);
  CHECK(build.targets[0].root == build.targets[0].layers[1]);
}

TEST_CASE("what is to be solved are the layers and the root of each target") {
  const Planned planned({request_for(kTwoSteps), request_for("FROM scratch\nENV x=y\n")});
  const std::vector<graph::VertexId> wanted = planned.builds[0]->wanted();
  CHECK(wanted == std::vector<graph::VertexId>{0, 1, 1});
  CHECK(planned.builds[1]->wanted().empty());
  CHECK(planned.builds[1]->targets[0].root == graph::kNoInput);
}

TEST_CASE("steps that two Dockerfiles have are in the graph once, each build with its own lines") {
  const Planned planned(
      {request_for(kTwoSteps), request_for("# two\nFROM scratch\nWORKDIR /a\nWORKDIR /c\n")});
  const graph::Graph& graph = planned.plan.graph();
  CHECK(graph.size() == 3);
  const graph::VertexId shared = find_vertex(graph, "WORKDIR /a");
  REQUIRE(shared != graph::kNoInput);
  CHECK(planned.builds[0]->place_of(graph, shared).range.line == 2);
  CHECK(planned.builds[1]->place_of(graph, shared).range.line == 3);
  const graph::VertexId own = find_vertex(graph, "WORKDIR /c");
  CHECK(planned.builds[1]->place_of(graph, own).range.line == 4);
  CHECK(planned.builds[1]->places.size() == 1);
}

TEST_CASE("a shared step is shown under the build that named it first") {
  std::vector<Request> requests = {request_for(kTwoSteps),
                                   request_for("FROM scratch\nWORKDIR /a\nWORKDIR /c\n")};
  requests[0].name = "web";
  requests[1].name = "db";
  const Planned planned(requests);
  const graph::Graph& graph = planned.plan.graph();
  CHECK(graph[find_vertex(graph, "WORKDIR /a")].group == "web");
  CHECK(graph[find_vertex(graph, "WORKDIR /c")].group == "db");
}

TEST_CASE("RUN is shared by builds that are lent the same; other steps by all") {
  std::vector<Request> requests(3, request_for("FROM scratch\nWORKDIR /a\nRUN [\"/x\"]\n"));
  requests[1].run.secrets["key"] = "value";
  const Planned planned(requests);
  const graph::Graph& graph = planned.plan.graph();
  CHECK(graph.size() == 3);
  REQUIRE(planned.plan.lenders().size() == 2);
  CHECK(planned.plan.lenders()[0].secrets.empty());
  CHECK(planned.plan.lenders()[1].secrets.at("key") == "value");
  const graph::VertexId first = planned.builds[0]->targets[0].root;
  const graph::VertexId second = planned.builds[1]->targets[0].root;
  CHECK(graph[first].lender == 0);
  CHECK(graph[second].lender == 1);
  CHECK(planned.builds[2]->targets[0].root == first);
}

TEST_CASE("what a rule finds for each platform is told once") {
  const std::string text = "FROM scratch\nENV a b\nENV c d\n";
  const Planned planned({for_platforms(request_for(text), {"linux/arm64", "linux/amd64"})});
  const auto& warnings = planned.builds.front()->warnings;
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0].rule == "LegacyKeyValueFormat");
  CHECK(warnings[0].range.line == 2);
  CHECK(warnings[1].range.line == 3);
  CHECK_FALSE(planned.builds.front()->warnings_are_errors);
}

TEST_CASE("the epoch of the request comes before that of the Dockerfile") {
  const std::string text = "ARG SOURCE_DATE_EPOCH=1700000000\nFROM scratch\n";
  Request given = request_for(text);
  given.source_date_epoch = 5;
  Request wrong = request_for("ARG SOURCE_DATE_EPOCH=soon\nFROM scratch\n");
  Request empty = request_for("ARG SOURCE_DATE_EPOCH=\nFROM scratch\n");
  const Planned planned({request_for(text), given, empty});
  CHECK(planned.builds[0]->source_date_epoch == 1'700'000'000);
  CHECK(planned.builds[1]->source_date_epoch == 5);
  CHECK_FALSE(planned.builds[2]->source_date_epoch);

  World world;
  Plan plan;
  CHECK(error_of([&] { plan.add(0, wrong, world.services); }) ==
        "ARG SOURCE_DATE_EPOCH: 'soon' is not a number of seconds since 1970");
  wrong.source_date_epoch = 5;  // then nobody asks for the other
  CHECK(plan.add(0, wrong, world.services).source_date_epoch == 5);
}

TEST_CASE("a Dockerfile that is wrong leaves the plan without its build") {
  World world;
  Plan plan;
  const Request wrong = request_for("FROM scratch\nCOPPY a b\nUSR x\n");
  try {
    plan.add(0, wrong, world.services);
    FAIL("it was planned");
  } catch (const BuildFailed& error) {
    CHECK(error.kind() == ErrorKind::usage);
    REQUIRE(error.faults().size() == 2);
    CHECK(error.faults()[0].range.line == 2);
    CHECK(error.faults()[1].range.line == 3);
    CHECK(holds(error.excerpt(), "COPPY"));
  }
  CHECK(plan.builds.empty());
}

TEST_CASE("a base image that is not to be had is told with its line") {
  World world;
  Plan plan;
  Request request = request_for("ARG x\nFROM base AS one\n");
  request.contexts["base"] = image::Location(image::LayoutImage{"/nonexistent", ""});
  try {
    plan.add(0, request, world.services);
    FAIL("it was planned");
  } catch (const BuildFailed& error) {
    CHECK(holds(error.what(), "--build-context base: "));
    REQUIRE(error.faults().size() == 1);
    CHECK(error.faults()[0].range.line == 2);
  }
  CHECK(plan.builds.empty());
}

TEST_CASE("build arguments that no ARG takes are known") {
  Request request = request_for("ARG used\nFROM scratch\nARG mine\n");
  request.build_args = {{"used", "1"}, {"mine", "2"}, {"spare", "3"}, {"BUILDKIT_X", "4"}};
  CHECK(Planned({request}).builds.front()->unused_build_args == std::vector<std::string>{"spare"});
}

}  // namespace cbuild::build
