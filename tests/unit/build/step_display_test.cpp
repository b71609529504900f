// Vertices as steps of a progress display.
#include "src/build/step_display.h"

#include <doctest/doctest.h>

#include "tests/unit/build/support.h"

namespace cbuild::build {

TEST_CASE("each vertex is one step, whatever the order") {
  graph::Graph graph;
  for (const char* label : {"first", "second"}) {
    graph::Vertex vertex;
    vertex.op = graph::MakeDirectory{std::string("/") + label, ""};
    vertex.digest = oci::Digest::of(label);
    vertex.label = label;
    graph.add(std::move(vertex));
  }
  RecordedProgress progress;
  StepDisplay display(graph, progress);
  display.begin(1).transfer("layer", 5, 9);
  display.begin(0).output(2, "text");
  display.begin(0).end(Progress::Outcome::failed, "broke");
  display.begin(1).end(Progress::Outcome::cached);
  CHECK(progress.lines == std::vector<std::string>{"begin second", "transfer 1 layer 5/9",
                                                   "begin first", "output 2 2 text",
                                                   "end 2 2 broke", "end 1 1 "});
}

}  // namespace cbuild::build
