// How the errors of a Dockerfile are collected.
#include "frontend/dockerfile/faults.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/errors.h"

namespace cbuild::frontend {

namespace {

DockerfileError fault(int line, int column, const std::string& message) {
  return {{.line = line, .last_line = line, .column = column, .end_column = column}, message};
}

/// The messages of all that is thrown, in order.
std::string thrown(Faults& faults) {
  try {
    faults.throw_if_any();
    return "";
  } catch (const DockerfileError& error) {
    std::string all;
    for (const Diagnostic& one : error.diagnostics())
      all += one.message + " ";
    return all;
  }
}

}  // namespace

TEST_CASE("faults are told in order of the file, those of one place in order of finding") {
  Faults faults;
  CHECK(thrown(faults) == "");
  faults.add(fault(3, 1, "d"));
  faults.add(fault(1, 5, "b"));
  faults.add(fault(3, 1, "e"));
  faults.add(fault(1, 2, "a"));
  faults.add(fault(2, 0, "c"));
  CHECK(faults.size() == 5);
  CHECK(thrown(faults) == "a b c d e ");
  CHECK(faults.size() == 0);  // told once
  CHECK(thrown(faults) == "");
}

TEST_CASE("an error of several faults is several") {
  Faults inner;
  inner.add(fault(2, 1, "b"));
  inner.add(fault(1, 1, "a"));
  Faults faults;
  CHECK_FALSE(faults.collect([&] { inner.throw_if_any(); }));
  CHECK(faults.collect([] {}));
  CHECK(faults.size() == 2);
  CHECK(thrown(faults) == "a b ");
}

TEST_CASE("only faults of the Dockerfile are collected") {
  Faults faults;
  CHECK_THROWS_AS(faults.collect([] { throw Error("no network"); }), Error);
  CHECK_THROWS_AS(faults.collect([] { throw Interrupted(); }), Interrupted);
  CHECK(faults.size() == 0);
}

TEST_CASE("twenty faults are enough") {
  Faults faults;
  for (int line = 19; line > 0; --line)
    faults.add(fault(line, 0, std::to_string(line)));
  CHECK(faults.size() == 19);
  try {
    faults.add(fault(20, 0, "20"));
    FAIL("accepted");
  } catch (const DockerfileError& error) {
    CHECK(error.diagnostics().size() == 20);
    CHECK(error.diagnostics().front().range.line == 1);
    CHECK(error.what() == std::string("20"));
  }
}

TEST_CASE("a fault that others follow from blocks") {
  Faults faults;
  faults.add(fault(1, 0, "a"));
  CHECK_FALSE(faults.blocking());
  faults.add_blocking(fault(2, 0, "b"));
  CHECK(faults.blocking());
  CHECK(faults.size() == 2);
}

}  // namespace cbuild::frontend
