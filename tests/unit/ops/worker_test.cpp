// What the worker checks and tells before a step runs.
#include "cbuild/ops/worker.h"

#include <doctest/doctest.h>

#include "cbuild/graph/graph.h"
#include "cbuild/oci/descriptor.h"
#include "cbuild/solver/steps.h"
#include "cbuild/solver/vertex_error.h"
#include "cbuild/store/snapshots.h"
#include "tests/unit/ops/build_fixture.h"

namespace cbuild::ops {

namespace {

std::vector<std::string> words_of(const std::vector<solver::VertexError>& errors) {
  std::vector<std::string> words;
  for (const solver::VertexError& error : errors)
    words.push_back(error.subject());
  return words;
}

}  // namespace

TEST_CASE("every missing source of every COPY is told, and only those of contexts") {
  BuildFixture build;
  build.context.file("there", "");
  const auto context = build.add_context();
  const auto image = build.add(graph::ImageSource{});
  build.add(copy_of({"there", "gone", "none/*"}), {image, context});
  build.add(copy_of({"there", "*.none"}), {image, context});  // a pattern may match nothing
  graph::Copy from_image = copy_of({"/not/looked/for"});
  from_image.from_context = false;
  build.add(from_image, {image, image});
  const auto last = build.add(copy_of({"also-gone"}), {image, context});
  Worker worker = build.worker();
  const auto missing = worker.missing_sources(build.all());
  CHECK(words_of(missing) == std::vector<std::string>{"gone", "none/*", "also-gone"});
  CHECK(missing.back().vertex() == last);
}

TEST_CASE("a trailing comment is told alone, without the words after it") {
  BuildFixture build;
  const auto context = build.add_context();
  build.add(copy_of({"gone", "#", "a", "comment"}), {graph::kNoInput, context});
  CHECK(words_of(build.worker().missing_sources(build.all())) == std::vector<std::string>{"#"});
}

TEST_CASE("a missing source fails the build before the namespace is entered") {
  BuildFixture build;
  const auto copy = build.add(copy_of({"gone"}), {graph::kNoInput, build.add_context()});
  Worker worker = build.worker();
  try {
    worker.before_first_run(build.all());
    FAIL("a source is missing");
  } catch (const solver::VertexError& error) {
    CHECK(error.vertex() == copy);
  }
  CHECK_FALSE(build.namespace_wanted);

  build.context.file("gone", "");
  worker.before_first_run(build.all());
  CHECK(build.namespace_wanted);
}

TEST_CASE("scratch is complete, and needs no namespace") {
  BuildFixture build;
  build.worker().complete({});
  CHECK_FALSE(build.namespace_wanted);
}

TEST_CASE("an image is the chain of its layers, a context its name") {
  BuildFixture build;
  graph::ImageSource op;
  op.diff_ids = {oci::Digest::of("layer")};
  build.store.snapshots().declare(std::nullopt, op.diff_ids.front(), {});
  const auto image = build.add(op);
  const auto scratch = build.add(graph::ImageSource{});
  const auto context = build.add_context();
  Worker worker = build.worker();
  CHECK(to_text(worker.identify(image)) == oci::Digest::of("layer").to_string());
  CHECK(to_text(worker.identify(scratch)).empty());
  CHECK(to_text(worker.identify(context)) == "context:context");
}

TEST_CASE("sources are not run, and steps are not identified") {
  BuildFixture build;
  const auto context = build.add_context();
  const auto step = build.add(graph::MakeDirectory{"/a", ""}, {graph::kNoInput});
  Worker worker = build.worker();

  const Progress::Step display;
  CHECK(holds(error_of([&] {
                worker.run(context, {}, {display, build.cancel});
              }),
              "a source is not run"));
  CHECK(holds(error_of([&] { worker.identify(step); }), "only a source is identified"));
}

TEST_CASE("a source of a step that the cache has is not looked for") {
  BuildFixture build;
  build.add(copy_of({"gone"}), {graph::kNoInput, build.add_context()});
  Worker worker = build.worker();
  worker.before_first_run({});
  CHECK(build.namespace_wanted);
}

TEST_CASE("files may change while a RUN mounts them; a COPY reads them once") {
  BuildFixture build;
  graph::Exec op;
  op.argv = {"true"};
  const auto run = build.add(op, {graph::kNoInput});
  const auto copy = build.add(copy_of({"a"}), {graph::kNoInput, build.add_context()});
  const Worker worker = build.worker();
  CHECK(worker.may_change_while_running(run));
  CHECK_FALSE(worker.may_change_while_running(copy));
}

}  // namespace cbuild::ops
