// Build contexts that are brought here.
#include "cbuild/build/context.h"

#include <doctest/doctest.h>

#include "cbuild/build/loaded_context.h"
#include "cbuild/util/string_stream.h"
#include "tests/unit/build/request.h"

namespace cbuild::build {

namespace {

/// Loads for a request without anything.
struct Loading {
  World world;
  Request request = request_for("");
  ContextLoader loader{request, world.services};

  LoadedContext unpack(const layer::Tar& tar) {
    StringSource source(tar.bytes);
    return loader.unpack(source, "context.tar");
  }
};

}  // namespace

TEST_CASE("a context is remote by its scheme, by git@ and by the short name of GitHub") {
  struct Row {
    std::string context;
    bool remote;
  };

  const Row rows[] = {
      {"https://example.com/a.git", true},
      {"http://example.com/a.tar", true},
      {"git://example.com/a", true},
      {"ssh://git@example.com/a", true},
      {"ftp://example.com/a", true},  // so that it is refused as a URL
      {"git@example.com:a/b", true},
      {"github.com/owner/name", true},
      {"github.com", false},
      {"github.community/a", false},
      {"./github.com/owner/name", false},
      {"dir/a://b", false},
      {"/a://b", false},
      {"https:/a", false},
      {".", false},
      {"-", false},
      {"", false},
      {"git", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.context);
    CHECK(ContextLoader::is_remote(row.context) == row.remote);
  }
}

TEST_CASE("a URL of another scheme is refused, with control characters made visible") {
  Loading loading;
  const std::string wanted =
      ": a build context is a directory, -, or a URL of http, https, git or ssh";
  CHECK(error_of([&] { loading.loader.load("ftp://host/a"); }) == "ftp://host/a" + wanted);
  CHECK(error_of([&] { loading.loader.load_directory("x://a\033[2J"); }) ==
        "x://a\\x1b[2J" + wanted);
}

TEST_CASE("an archive is unpacked: its files, and the time of the newest") {
  Loading loading;
  layer::Tar tar;
  tar.directory("dir").file("dir/a", "content");
  layer::TarHeader late = layer::Tar::header("late", '0');
  layer::Tar::octal(late.mtime, 5000);
  tar.add(late).end();
  const LoadedContext context = loading.unpack(tar);
  CHECK(read_file(context.directory + "/dir/a") == "content");
  CHECK(context.dockerfile.empty());
  CHECK(context.time == 5000);
}

TEST_CASE("the directory of an archive lives as long as its holder") {
  Loading loading;
  LoadedContext context = loading.unpack(layer::Tar().file("a").end());
  const std::string path = context.directory + "/a";
  auto holder = context.holder;
  context = {};
  CHECK(read_file_if_exists(path).has_value());
  holder.reset();
  CHECK_FALSE(read_file_if_exists(path).has_value());
}

TEST_CASE("names of whiteouts are refused: an archive is no layer") {
  Loading loading;
  for (const std::string name : {".wh.a", "dir/.wh..wh..opq"}) {
    CAPTURE(name);
    const std::string error =
        error_of([&] { loading.unpack(layer::Tar().directory("dir").file(name).end()); });
    CHECK(holds(error, "unpack context.tar: "));
    CHECK(holds(error, name));
  }
}

TEST_CASE("nothing of an archive leaves its directory, and device nodes are left out") {
  Loading loading;
  layer::Tree outside;
  layer::Tar tar;
  layer::TarHeader null = layer::Tar::header("null", '3');
  layer::Tar::octal(null.major, 1);
  layer::Tar::octal(null.minor, 3);
  tar.symlink("way", outside.at("")).file("way/escaped", "x").add(null);
  tar.file("../../up", "x").file("last", "x").end();
  const LoadedContext context = loading.unpack(tar);
  CHECK(read_file_if_exists(context.directory + "/up"));
  CHECK(read_file_if_exists(context.directory + "/last"));

  struct stat status {};

  CHECK(::lstat((context.directory + "/null").c_str(), &status) != 0);
  CHECK_FALSE(outside.stat("escaped"));
}

TEST_CASE("what is no archive is named") {
  Loading loading;
  StringSource source("no tar at all");
  CHECK(holds(error_of([&] { loading.loader.unpack(source, "stdin"); }), "unpack stdin: "));
}

TEST_CASE("an interruption ends the unpacking") {
  Loading loading;
  loading.world.cancel.cancel();
  CHECK_THROWS_AS(loading.unpack(layer::Tar().file("a").end()), Interrupted);
}

}  // namespace cbuild::build
