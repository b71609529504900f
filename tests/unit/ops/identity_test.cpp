// What counts of the inputs of a step for its key.
#include "src/ops/identity.h"

#include <doctest/doctest.h>

#include <functional>

#include "cbuild/graph/graph.h"
#include "cbuild/solver/steps.h"
#include "src/ops/step_context.h"
#include "tests/unit/ops/build_fixture.h"

namespace cbuild::ops {

namespace {

const solver::Result kBase =
    solver::RootFileSystem{oci::Digest::parse("sha256:" + std::string(64, 'b'))};
const solver::Result kStage =
    solver::RootFileSystem{oci::Digest::parse("sha256:" + std::string(64, '5'))};
const solver::Result kContext = solver::ContextTree{"context"};

graph::ExecMount bind_of(int input, const std::string& source) {
  graph::ExecMount mount;
  mount.input = input;
  mount.source = source;
  mount.target = "/mnt";
  return mount;
}

graph::Exec exec_with(std::vector<graph::ExecMount> mounts) {
  graph::Exec op;
  op.argv = {"true"};
  op.mounts = std::move(mounts);
  return op;
}

void fill(const TempTree& context) {
  context.directory("taken");
  context.file("taken/file", "content");
  context.file("other", "content");
}

struct Change {
  const char* what;
  bool counts;
  std::function<void(const TempTree&)> make;
};

const Change kChanges[] = {
    {"nothing", false, [](const TempTree&) {}},
    {"another file", false, [](const TempTree& tree) { tree.file("other", "changed"); }},
    {"another time", false, [](const TempTree& tree) { tree.set_time("taken/file", 7); }},
    {"its content", true, [](const TempTree& tree) { tree.file("taken/file", "changed"); }},
    {"a further file", true, [](const TempTree& tree) { tree.file("taken/more", ""); }},
};

}  // namespace

TEST_CASE("the root file system that a step builds on counts as a whole") {
  BuildFixture build;
  const auto base = build.add(graph::ImageSource{});
  const graph::VertexId steps[] = {
      build.add(exec_with({}), {base}),
      build.add(copy_of({}), {base}),
      build.add(graph::MakeDirectory{"/work", ""}, {base}),
      build.add(graph::Rebase{}, {base, base}),
  };
  Services services = build.services();
  for (const graph::VertexId step : steps)
    CHECK(input_identity(services.context(), step, 0, kBase) == to_text(kBase));
  CHECK(input_identity(services.context(), steps[3], 1, kStage) == to_text(kStage));
}

TEST_CASE("of a context only what COPY selects counts") {
  for (const Change& change : kChanges) {
    CAPTURE(change.what);
    BuildFixture build;
    fill(build.context);
    const auto copy = build.add(copy_of({"taken"}), {graph::kNoInput, build.add_context()});
    Services services = build.services();
    const auto before = input_identity(services.context(), copy, 1, kContext);
    change.make(build.context);
    CHECK((input_identity(services.context(), copy, 1, kContext) != before) == change.counts);
  }
}

TEST_CASE("of a context only what RUN mounts counts, and a mounted name is no pattern") {
  for (const Change& change : kChanges) {
    CAPTURE(change.what);
    BuildFixture build;
    fill(build.context);
    const auto run =
        build.add(exec_with({bind_of(1, "taken")}), {graph::kNoInput, build.add_context()});
    Services services = build.services();
    const auto before = input_identity(services.context(), run, 1, kContext);
    change.make(build.context);
    CHECK((input_identity(services.context(), run, 1, kContext) != before) == change.counts);
  }
  BuildFixture build;
  fill(build.context);
  const auto run =
      build.add(exec_with({bind_of(1, "tak*")}), {graph::kNoInput, build.add_context()});
  Services services = build.services();
  CHECK(holds(error_of([&] { input_identity(services.context(), run, 1, kContext); }),
              "RUN --mount source tak*: not in the build context"));
}

TEST_CASE("an image that RUN mounts counts as a whole, as does a stage that is mounted whole") {
  BuildFixture build;
  const auto image = build.add(graph::ImageSource{});
  const auto stage = build.add(exec_with({}), {image});
  const auto run =
      build.add(exec_with({bind_of(1, "/bin"), bind_of(2, "/")}), {image, image, stage});
  Services services = build.services();
  CHECK(input_identity(services.context(), run, 1, kBase) == to_text(kBase));
  CHECK(input_identity(services.context(), run, 2, kStage) == to_text(kStage));
}

TEST_CASE("files of a stage can be read in the user namespace only; until then nothing is told") {
  BuildFixture build;
  const auto image = build.add(graph::ImageSource{});
  const auto stage = build.add(exec_with({}), {image});
  const auto run = build.add(exec_with({bind_of(1, "/bin")}), {image, stage});
  graph::Copy op = copy_of({"/bin"});
  op.from_context = false;
  const auto copy = build.add(op, {image, stage});
  Services services = build.services();
  CHECK(input_identity(services.context(), run, 1, kStage) == std::nullopt);
  CHECK(input_identity(services.context(), copy, 1, kStage) == std::nullopt);
}

TEST_CASE("the selection of a COPY is kept until it runs or another key is made") {
  BuildFixture build;
  fill(build.context);
  const auto source = build.add_context();
  const auto first = build.add(copy_of({"taken"}), {graph::kNoInput, source});
  const auto second = build.add(copy_of({"other"}), {graph::kNoInput, source});
  Services services = build.services();
  const StepContext context = services.context();
  input_identity(context, first, 1, kContext);
  CHECK_FALSE(context.last_selection.take(second, 1));
  CHECK_FALSE(context.last_selection.take(first, 2));
  const auto kept = context.last_selection.take(first, 1);
  REQUIRE(kept);
  CHECK(kept->sources.front().entries.front().path == "taken/file");
  CHECK_FALSE(context.last_selection.take(first, 1));

  input_identity(context, first, 1, kContext);
  input_identity(context, second, 1, kContext);
  CHECK_FALSE(context.last_selection.take(first, 1));
  CHECK(context.last_selection.take(second, 1));
}

TEST_CASE("the sources that an input of RUN is mounted by are those of its mounts") {
  const graph::Exec op = exec_with({bind_of(1, "/a"), bind_of(2, "/b"), bind_of(1, "/c")});
  CHECK(mounted_sources(op, 1).sources == std::vector<std::string>{"/a", "/c"});
  CHECK(mounted_sources(op, 2).sources == std::vector<std::string>{"/b"});
  CHECK(mounted_sources(op, 3).sources.empty());
}

}  // namespace cbuild::ops
