// Several Dockerfiles in one call: what they share runs once, and a failure is of those that need
// it.
#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "cbuild/build/build.h"
#include "cbuild/build/build_failed.h"
#include "cbuild/build/request.h"
#include "cbuild/image/import.h"
#include "cbuild/image/services.h"
#include "cbuild/registry/options.h"
#include "cbuild/registry/registry.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/progress.h"
#include "tests/unit/image/support.h"

namespace cbuild::build {

namespace {

namespace fs = std::filesystem;

/// A process enters its namespace once.
sandbox::Workspace& workspace() {
  static const CancelToken never;
  static sandbox::Workspace one(never);
  return one;
}

/// A store with the image "base", which has a shell.
struct Fixture {
  image::TempTree directory;
  store::Store store{directory.at("store")};
  CancelToken cancel;
  registry::Registry registry{{}, cancel};
  image::RecordedProgress progress;
  image::Services services{store, registry, progress, cancel, workspace()};
  std::size_t forgotten = 0;  ///< steps of before

  Fixture() {
    const char* const busybox = ::getenv("CBUILD_BUSYBOX");
    REQUIRE(busybox != nullptr);
    const fs::path root = directory.at("root");
    for (const char* path : {"bin", "tmp"})
      fs::create_directories(root / path);
    fs::copy_file(busybox, root / "bin/busybox");
    for (const char* applet : {"sh", "cat", "sleep", "head"})
      fs::create_symlink("busybox", root / "bin" / applet);
    image::import_rootfs(root, oci::Reference::parse("base"), {}, services);
    forget_steps();
  }

  Request request(const std::string& name, const std::string& dockerfile) const {
    Request request;
    request.name = name;
    request.dockerfile = dockerfile;
    request.dockerfile_name = name + "/Dockerfile";
    return request;
  }

  /// The request's context is a directory of this name, with `content` in "file".
  void add_context(Request& request, const std::string& name, const std::string& content) {
    directory.directory(name);
    directory.file(name + "/file", content);
    request.context_directory = directory.at(name);
  }

  /// How many steps with `word` in their label began.
  std::size_t count_steps(const std::string& word) const {
    const auto is_one = [&](const std::string& line) {
      return line.starts_with("begin ") && line.find(word) != std::string::npos;
    };
    return static_cast<std::size_t>(std::ranges::count_if(progress.lines, is_one));
  }

  void forget_steps() {
    forgotten += count_steps("");
    progress.lines.clear();
  }

  /// How the step with `word` in its label ended.
  Progress::Outcome end_of(const std::string& word) const {
    std::size_t number = forgotten;
    std::size_t found = 0;
    for (const std::string& line : progress.lines) {
      if (!line.starts_with("begin ")) continue;
      ++number;
      if (line.find(word) != std::string::npos) found = number;
    }
    REQUIRE(found != 0);
    const std::string end = fmt::format("end {} ", found);
    const auto line = std::ranges::find_if(
        progress.lines, [&](const std::string& one) { return one.starts_with(end); });
    REQUIRE(line != progress.lines.end());
    return static_cast<Progress::Outcome>((*line)[end.size()] - '0');
  }
};

std::string message_of(const Ending& ending) {
  const auto* thrown = std::get_if<std::exception_ptr>(&ending);
  if (thrown == nullptr) return {};
  try {
    std::rethrow_exception(*thrown);
  } catch (const Error& error) {
    return error.what();
  }
}

std::vector<graph::Diagnostic> faults_of(const Ending& ending) {
  try {
    std::rethrow_exception(std::get<std::exception_ptr>(ending));
  } catch (const BuildFailed& failure) {
    return failure.faults();
  }
}

const oci::Digest& id_of(const Ending& ending) {
  REQUIRE(message_of(ending) == "");
  return std::get<Result>(ending).image_id;
}

const std::string kShared = "FROM base AS shared\nRUN head -c 16 /dev/urandom > /token\n";

}  // namespace

TEST_CASE("three Dockerfiles share a stage: it runs once, and a failure is of its build alone") {
  Fixture fixture;
  const std::vector<Request> requests = {
      fixture.request("vote", kShared + "FROM shared\nRUN echo vote > /name\n"),
      fixture.request("broken", kShared + "FROM base AS lost\nRUN : lost; sleep 100\n"
                                          "FROM shared\n# a line that the others have not\n"
                                          "RUN sleep 0.2; exit 3\nCOPY --from=lost / /lost\n"),
      fixture.request("result", kShared + "FROM shared\nRUN sleep 1; echo result > /name\n"),
  };
  const std::vector<Ending> endings = build(requests, fixture.services);
  REQUIRE(endings.size() == 3);
  CHECK(id_of(endings[0]) != id_of(endings[2]));
  CHECK(message_of(endings[1]).ends_with("exit code: 3"));
  CHECK(faults_of(endings[1]).front().range.line == 7);

  CHECK(fixture.count_steps("/dev/urandom") == 1);
  CHECK(fixture.count_steps("vote [shared 2/2]") == 1);
  CHECK(fixture.count_steps("broken [stage-2 1/2] RUN sleep 0.2") == 1);
  CHECK(fixture.end_of("/dev/urandom") == Progress::Outcome::done);
  CHECK(fixture.end_of("exit 3") == Progress::Outcome::failed);
  CHECK(fixture.end_of(": lost") == Progress::Outcome::cancelled);
  CHECK(fixture.end_of("echo result") == Progress::Outcome::done);

  // What was built once is known to each alone.
  fixture.forget_steps();
  CHECK(build(requests[0], fixture.services).image_id == id_of(endings[0]));
  CHECK(fixture.end_of("echo vote") == Progress::Outcome::cached);
}

TEST_CASE("a shared step that fails ends all builds that need it, each with its own lines") {
  Fixture fixture;
  const std::vector<Request> requests = {
      fixture.request("one", "FROM base\nRUN exit 4\n"),
      fixture.request("two", "# two\nFROM base\nRUN exit 4\nRUN : never\n"),
      fixture.request("three", "FROM base\nRUN : three\n"),
  };
  const std::vector<Ending> endings = build(requests, fixture.services);
  CHECK(faults_of(endings[0]).front().range.line == 2);
  CHECK(faults_of(endings[1]).front().range.line == 3);
  id_of(endings[2]);
  CHECK(fixture.count_steps("exit 4") == 1);
  CHECK(fixture.count_steps("never") == 0);
}

TEST_CASE("what is refused before the first step ends its build alone") {
  Fixture fixture;
  std::vector<Request> requests = {
      fixture.request("wrong", "FROM base\nCOPPY a b\n"),
      fixture.request("good", "FROM base\nRUN : good\n"),
      fixture.request("lacking", "FROM scratch\nCOPY a b\n"),
      fixture.request("greedy", "FROM base\nRUN : greedy\n"),
  };
  constexpr rlim_t kMoreThanRootMay = rlim_t{1} << 40;  // fs.nr_open
  requests[3].run.limits = {{RLIMIT_NOFILE, kMoreThanRootMay, kMoreThanRootMay}};
  const std::vector<Ending> endings = build(requests, fixture.services);
  CHECK(message_of(endings[0]).find("COPPY") != std::string::npos);
  id_of(endings[1]);
  CHECK(message_of(endings[2]).find("no build context") != std::string::npos);
  CHECK(message_of(endings[3]).find("--ulimit nofile=") != std::string::npos);
}

TEST_CASE("contexts are told apart by their directories and ignored files, not by their name") {
  Fixture fixture;
  const std::string dockerfile = "FROM scratch\nCOPY . /\n";
  std::vector<Request> requests;
  for (const char* name : {"one", "two", "again", "bare"})
    requests.push_back(fixture.request(name, dockerfile));
  fixture.add_context(requests[0], "left", "left");
  fixture.add_context(requests[1], "right", "right");
  requests[2].context_directory = requests[0].context_directory;
  requests[3].context_directory = requests[0].context_directory;
  requests[3].ignore_file = "file\n";
  requests[3].ignore_file_name = ".dockerignore";
  const std::vector<Ending> endings = build(requests, fixture.services);
  CHECK(id_of(endings[0]) != id_of(endings[1]));
  CHECK(id_of(endings[0]) == id_of(endings[2]));
  CHECK(id_of(endings[0]) != id_of(endings[3]));
  CHECK(fixture.count_steps("COPY") == 3);
}

TEST_CASE("a --build-context may have the name of the build context") {
  Fixture fixture;
  Request request =
      fixture.request("", "FROM scratch\nCOPY file /a\nCOPY --from=context file /b\n");
  fixture.add_context(request, "main", "main");
  fixture.directory.directory("other");
  fixture.directory.file("other/file", "other");
  request.contexts["context"] = fixture.directory.at("other");
  Request swapped = request;
  swapped.dockerfile = "FROM scratch\nCOPY file /a\nCOPY file /b\n";
  const std::vector<Request> requests = {request, swapped};
  const std::vector<Ending> endings = build(requests, fixture.services);
  CHECK(id_of(endings[0]) != id_of(endings[1]));
}

TEST_CASE("a RUN is executed with what its own build is lent") {
  Fixture fixture;
  const std::string dockerfile =
      "FROM base\nRUN --mount=type=secret,id=key cat /run/secrets/key > /key\n";
  std::vector<Request> requests;
  for (const char* name : {"one", "two", "same"})
    requests.push_back(fixture.request(name, dockerfile));
  requests[0].run.secrets["key"] = "first";
  requests[1].run.secrets["key"] = "second";
  requests[2].run.secrets["key"] = "first";
  const std::vector<Ending> endings = build(requests, fixture.services);
  CHECK(id_of(endings[0]) != id_of(endings[1]));
  CHECK(id_of(endings[0]) == id_of(endings[2]));
  CHECK(fixture.count_steps("RUN") == 2);
}

TEST_CASE("an interruption ends all") {
  Fixture fixture;
  fixture.cancel.cancel();
  const std::vector<Request> requests = {fixture.request("one", "FROM base\nRUN : one\n")};
  CHECK_THROWS_AS(build(requests, fixture.services), Interrupted);
}

}  // namespace cbuild::build
