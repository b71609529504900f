// Tests: flags of `cbuild build` → request, and what is read before a build.
#include "src/cli/build_options.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "cbuild/util/fs.h"
#include "src/cli/build_input.h"

namespace cbuild::cli {
namespace {

std::optional<std::string> environment(const char* name) {
  if (std::string_view(name) == "FROM_ENV") return "value";
  return std::nullopt;
}

build::Request request(const std::vector<std::string>& words,
                       const EnvironmentLookup& lookup = environment) {
  BuildOptions options;
  Args args("build", "Build");
  declare_build(args, options);
  args.parse(words);
  return make_request(options, lookup, "/work");
}

std::string refusal(const std::vector<std::string>& words) {
  try {
    request(words);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "accepted";
}

TEST_CASE("build arguments without value come from the environment, or not at all") {
  const auto args = request({".", "--build-arg", "A=1", "--build-arg", "B=", "--build-arg",
                             "FROM_ENV", "--build-arg", "ABSENT", "--build-arg", "C=a=b"})
                        .build_args;
  CHECK(args == std::map<std::string, std::string>{
                    {"A", "1"}, {"B", ""}, {"C", "a=b"}, {"FROM_ENV", "value"}});
}

TEST_CASE("the request holds what the flags say") {
  const build::Request built = request({"-t",
                                        "app",
                                        "--tag=localhost:5000/app:1",
                                        "-t",
                                        "app:latest",
                                        "--target",
                                        "test",
                                        "--label",
                                        "a=b=c",
                                        "--label",
                                        "bare",
                                        "--no-cache",
                                        "--pull",
                                        "-j4",
                                        "--build-context",
                                        "lib=../lib",
                                        "--build-context",
                                        "base=oci-layout://img:1",
                                        "--network",
                                        "none",
                                        "--timestamp",
                                        "42",
                                        "."});
  REQUIRE(built.tags.size() == 2);
  CHECK(built.tags[0].to_string() == "docker.io/library/app:latest");
  CHECK(built.tags[1].to_string() == "localhost:5000/app:1");
  CHECK(built.target == "test");
  CHECK(built.labels == std::map<std::string, std::string>{{"a", "b=c"}, {"bare", ""}});
  CHECK(built.contexts ==
        std::map<std::string, std::string>{{"lib", "/lib"}, {"base", "oci-layout:///work/img:1"}});
  CHECK(built.network == graph::Network::none);
  CHECK(built.no_cache);
  CHECK(built.pull);
  CHECK(built.jobs == 4);
  CHECK(built.source_date_epoch == 42);
  CHECK(request({"."}).network == graph::Network::host);
  CHECK_FALSE(request({"."}).source_date_epoch.has_value());
}

TEST_CASE("the time comes from the flag, the build argument, then the environment") {
  const auto lookup = [](const char* name) -> std::optional<std::string> {
    return std::string_view(name) == "SOURCE_DATE_EPOCH" ? std::optional("7") : std::nullopt;
  };
  CHECK(request({"."}, lookup).source_date_epoch == 7);
  CHECK(request({".", "--build-arg", "SOURCE_DATE_EPOCH=8"}, lookup).source_date_epoch == 8);
  CHECK(request({".", "--timestamp=9"}, lookup).source_date_epoch == 9);
}

TEST_CASE("what cannot be done is refused by name") {
  CHECK(refusal({".", "--secret", "id=a"}) == "--secret is not supported yet");
  CHECK(refusal({".", "--cache-to=type=registry"}) == "--cache-to is not supported yet");
  CHECK(refusal({".", "--squash"}) == "--squash is not supported yet");
  CHECK(refusal({".", "--progress", "rawjson"}) ==
        "--progress: 'rawjson' is not supported (want auto, plain, tty, quiet)");
  CHECK(refusal({".", "--push"}) == "nothing to push: give the image a name with --tag");
  CHECK(refusal({".", "--provenance", "max"}) ==
        "--provenance is not supported yet (--provenance=false is accepted)");
  CHECK(refusal({".", "--provenance=false", "--sbom=false", "--load"}) == "accepted");
  CHECK(refusal({".", "--platform", oci::Platform::host().to_string()}) == "accepted");
  CHECK(refusal({".", "--platform", "linux/s390x"}).find("not supported yet") != std::string::npos);
  CHECK(refusal({".", "--build-arg", "=x"}).find("name is missing") != std::string::npos);
  CHECK(refusal({".", "--timestamp", "yesterday"}).find("seconds") != std::string::npos);
  CHECK(refusal({".", "--build-context", "a=target:b://c"}).find("want a directory") !=
        std::string::npos);
  CHECK(refusal({".", "-t", "UPPER"}) != "accepted");
  CHECK(refusal({}) == "PATH is missing");
}

/// A directory for one test.
class Scratch {
 public:
  Scratch() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }

  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  ~Scratch() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }

  void write(const std::string& name, std::string_view text) const {
    write_file_atomically(path_ + "/" + name, text);
  }

 private:
  std::string path_ = "/tmp/cbuild-test-XXXXXX";
};

BuildInput read(const std::string& context, const std::string& file, std::string stdin_text = "") {
  StringSource input(std::move(stdin_text));
  const ContextAccess access{
      [](const std::string& url) -> build::LoadedContext {
        return {{}, "FROM " + url, 7, nullptr};
      },
      [](Source& archive) -> build::LoadedContext {
        return {{}, "FROM " + std::to_string(read_all(archive, 1 << 20).size()), {}, nullptr};
      }};
  return read_build_input(context, file, input, access);
}

TEST_CASE("the Dockerfile is found in the context, in either case") {
  const Scratch scratch;
  CHECK_THROWS_AS(read(scratch.path(), ""), Error);
  scratch.write("dockerfile", "FROM a\n");
  CHECK(read(scratch.path(), "").dockerfile_name == "dockerfile");
  scratch.write("Dockerfile", "FROM b\n");
  const BuildInput found = read(scratch.path(), "");
  CHECK(found.dockerfile == "FROM b\n");
  CHECK(found.dockerfile_name == "Dockerfile");
  CHECK(found.context_directory == scratch.path());
}

TEST_CASE("the Dockerfile's own ignore file comes before that of the context") {
  const Scratch scratch;
  scratch.write("Dockerfile", "FROM b\n");
  scratch.write("other", "FROM c\n");
  CHECK(read(scratch.path(), "").ignore_file.empty());
  scratch.write(".dockerignore", "*.o\n");
  CHECK(read(scratch.path(), "").ignore_file == "*.o\n");
  scratch.write("other.dockerignore", "*.a\n");
  CHECK(read(scratch.path(), scratch.path() + "/other").ignore_file == "*.a\n");
  CHECK(read(scratch.path(), "-", "FROM d\n").ignore_file == "*.o\n");
}

TEST_CASE("only regular files within the context are read") {
  const Scratch scratch;
  const std::string dockerfile = scratch.path() + "/Dockerfile";
  REQUIRE(::mkfifo(dockerfile.c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(read(scratch.path(), ""), "Dockerfile is not a regular file", Error);
  ::unlink(dockerfile.c_str());
  REQUIRE(::symlink("/etc/hostname", dockerfile.c_str()) == 0);
  CHECK_THROWS_AS(read(scratch.path(), ""), Error);
  ::unlink(dockerfile.c_str());
  scratch.write("real", "FROM e\n");
  REQUIRE(::symlink("/real", dockerfile.c_str()) == 0);  // absolute within the context
  CHECK(read(scratch.path(), "").dockerfile == "FROM e\n");
}

TEST_CASE("standard input is a Dockerfile or an archive, a URL is loaded") {
  CHECK(read("-", "", "FROM scratch\n").dockerfile == "FROM scratch\n");
  CHECK(read("-", "", "FROM scratch\n").context_directory.empty());
  std::string tar(1024, '\0');
  tar.replace(257, 5, "ustar");
  CHECK(read("-", "", tar).dockerfile == "FROM 1024");  // none of it is lost
  CHECK(read("-", "", std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00", 8)).dockerfile == "FROM 8");
  CHECK_THROWS_AS(read("-", "-", tar), Error);
  CHECK_THROWS_AS(read("-", "other", "FROM scratch\n"), Error);
  CHECK(read("https://example.org/a.git", "").dockerfile == "FROM https://example.org/a.git");
  CHECK(read("https://example.org/a.git", "").time == 7);
  CHECK(read("https://example.org/a.git", "-", "FROM x\n").dockerfile == "FROM x\n");
  CHECK_THROWS_AS(read("/does/not/exist", ""), Error);
}

}  // namespace
}  // namespace cbuild::cli
