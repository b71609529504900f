// What the rules are told of a build context.
#include "src/build/context_files.h"

#include <doctest/doctest.h>

#include "cbuild/build/build_failed.h"
#include "cbuild/frontend/context_files.h"
#include "cbuild/util/pattern.h"
#include "src/build/ignore_file.h"
#include "tests/unit/build/request.h"

namespace cbuild::build {

namespace {

constexpr std::size_t kMany = 1000;

/// A context with some files, and a file beside it.
struct Files {
  layer::Tree tree;

  Files() {
    tree.file("outside", "12345678");
    tree.directory("context");
    tree.file("context/one", "1");
    tree.directory("context/dir");
    tree.file("context/dir/two", "22");
    tree.file("context/dir/four", "4444");
    tree.directory("context/dir/deep");
    tree.file("context/dir/deep/eight", "88888888");
    tree.link("context/out", "../outside");
    tree.link("context/absolute", tree.at("outside"));
    tree.link("context/to-one", "dir/../one");
    tree.link("context/loop", "loop");
  }

  Request request(const std::string& ignore_file = "") const {
    Request request = request_for("");
    request.context_directory = tree.at("context");
    request.ignore_file = ignore_file;
    request.ignore_file_name = ".dockerignore";
    return request;
  }
};

struct SizeRow {
  std::string ignore_file;
  std::string path;
  std::optional<std::uint64_t> size;
};

}  // namespace

TEST_CASE("the size of a path is that of the files that a COPY of it takes") {
  const Files files;
  const SizeRow rows[] = {
      {"", "one", 1},
      {"", "dir", 14},
      {"", "dir/deep", 8},
      {"", "", 15},
      {"", "missing", std::nullopt},
      {"", "one/below", std::nullopt},
      {"dir/four\n", "dir", 10},
      {"dir/deep\n", "dir", 6},
      {"**/eight\n", "", 7},
      {"one\n", "one", std::nullopt},
      {"dir\n", "dir", std::nullopt},
      {"dir\n", "dir/two", std::nullopt},
      {"dir\n", "", 1},
      {"*\n", "", std::nullopt},
      // What is brought back counts, whatever holds it.
      {"dir\n!dir/two\n", "dir", 2},
      {"dir\n!dir/deep/eight\n", "", 9},
      {"*\n!one\n", "", 1},
      {"*\n!dir/deep\n", "dir", 8},
  };
  for (const SizeRow& row : rows) {
    CAPTURE(row.ignore_file);
    CAPTURE(row.path);
    CHECK(context_files(files.request(row.ignore_file), kMany)->size_of(row.path) == row.size);
  }
}

TEST_CASE("links of a context lead to nothing outside of it") {
  const Files files;
  const auto context = context_files(files.request(), kMany);
  CHECK(context->size_of("to-one") == 1);
  CHECK_FALSE(context->size_of("out"));
  CHECK_FALSE(context->size_of("absolute"));
  CHECK_FALSE(context->size_of("loop"));
  CHECK_FALSE(context->size_of("../outside"));
}

TEST_CASE("sizes are told as long as few enough files were looked at, in all") {
  const Files files;
  CHECK(context_files(files.request(), 5)->size_of("dir") == 14);
  CHECK_FALSE(context_files(files.request(), 4)->size_of("dir"));

  const auto context = context_files(files.request(), 2);
  CHECK(context->size_of("one") == 1);
  CHECK(context->size_of("dir/two") == 2);
  CHECK_FALSE(context->size_of("dir/four"));
  CHECK(context->size_of("one") == 1);  // it is known
}

TEST_CASE("directories are told from files, through links too") {
  const Files files;
  files.tree.link("context/to-dir", "dir");
  const auto context = context_files(files.request(), kMany);
  CHECK(context->is_directory(""));
  CHECK(context->is_directory("dir"));
  CHECK(context->is_directory("to-dir"));
  CHECK_FALSE(context->is_directory("one"));
  CHECK_FALSE(context->is_directory("missing"));
}

TEST_CASE("a path is ignored when nothing of it is left, whatever its wildcards stand for") {
  struct Row {
    std::string ignore_file;
    std::string path;
    bool ignored;
  };

  const Row rows[] = {
      {"", "one", false},
      {"", "", false},
      {"one\n", "one", true},
      {"one\n", "two", false},
      {"dir\n", "dir/two", true},
      {"*\n", "", true},
      {"**\n", "", true},
      {"*\n!one\n", "", false},
      {"one\n", "", false},
      {"*.log\n", "*.log", true},
      {"*.log\n", "*.txt", false},
      {"dir\n!dir/two\n", "dir", false},
      {"dir\n!dir/two\n", "dir/*", false},
      {"dir\n", "dir/*/x", true},
      {"!dir/two\ndir\n", "dir", true},
      {"# one\n", "# one", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.ignore_file);
    CAPTURE(row.path);
    Request request = request_for("");
    request.ignore_file = row.ignore_file;
    CHECK(context_files(request, kMany)->is_ignored(row.path) == row.ignored);
  }
}

TEST_CASE("where there is no context directory, everything is absent") {
  Request missing = request_for("");
  missing.context_directory = "/nonexistent/context";
  for (const Request& request : {request_for(""), missing}) {
    const auto context = context_files(request, kMany);
    CHECK_FALSE(context->size_of(""));
    CHECK_FALSE(context->is_directory(""));
    CHECK_FALSE(context->is_ignored("one"));
  }
}

TEST_CASE("the lines of an ignore file that are no patterns are told, all of them") {
  const std::string text = "good\n[a\n  !  \n*\n";
  try {
    parse_ignore_file("dir/.dockerignore", text);
    FAIL("it was read");
  } catch (const BuildFailed& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(std::string(error.what()) == "illegal exclusion pattern: \"!\"");
    REQUIRE(error.faults().size() == 2);
    CHECK(error.faults()[0].range.line == 2);
    CHECK(error.faults()[0].message == "syntax error in pattern '[a'");
    CHECK(error.faults()[1].range.line == 3);
    CHECK(error.faults()[1].range.column == 3);
    CHECK(error.faults()[1].range.end_column == 4);
    CHECK(holds(error.excerpt(), "dir/.dockerignore:2"));
  }
}

}  // namespace cbuild::build
