// Tests: flags of `cbuild build` → request, and what is read before a build.
#include "src/cli/build_options.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "cbuild/build/named_context.h"
#include "cbuild/build/request.h"
#include "cbuild/image/location.h"
#include "cbuild/layer/compression.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/string_stream.h"
#include "src/cli/build_input.h"
#include "tests/unit/cli/build_request.h"

namespace cbuild::cli {
namespace {

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

std::optional<std::string> environment(const char* name) {
  if (std::string_view(name) == "FROM_ENV") return "value";
  return std::nullopt;
}

build::Request request(const std::vector<std::string>& words,
                       const EnvironmentLookup& lookup = environment) {
  return request_of(words, lookup, "/work");
}

std::string refusal(const std::vector<std::string>& words) {
  return refusal_of([&] { request(words); });
}

TEST_CASE("build arguments without value come from the environment, or not at all") {
  const auto args = request({".", "--build-arg", "A=1", "--build-arg", "B=", "--build-arg",
                             "FROM_ENV", "--build-arg", "ABSENT", "--build-arg", "C=a=b"})
                        .build_args;
  CHECK(args == std::map<std::string, std::string>{
                    {"A", "1"}, {"B", ""}, {"C", "a=b"}, {"FROM_ENV", "value"}});
}

TEST_CASE("build arguments come from files, too; those of the command line count more") {
  const Scratch scratch;
  scratch.write("args", "# comment\n\n  A=file\r\nB=b c \nFROM_ENV\n");
  scratch.write("more", "B=more");
  const auto args =
      request({".", "--build-arg", "A=word", "--build-arg-file", scratch.path() + "/args",
               "--build-arg-file", scratch.path() + "/more"})
          .build_args;
  CHECK(args ==
        std::map<std::string, std::string>{{"A", "word"}, {"B", "more"}, {"FROM_ENV", "value"}});
  CHECK(refusal({".", "--build-arg-file", "/does/not/exist"}) ==
        "--build-arg-file /does/not/exist: No such file or directory");
}

TEST_CASE("--pull takes podman's words") {
  CHECK(request({".", "--pull=always"}).pull);
  CHECK(request({".", "--pull=newer"}).pull);
  CHECK_FALSE(request({".", "--pull=missing"}).pull);
  CHECK_FALSE(request({".", "--pull=false"}).pull);
  CHECK(refusal({".", "--pull=never"}).find("never") != std::string::npos);
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
                                        "--build-context=pod=container-image://a",
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
  const image::Location base = image::LayoutImage{"/work/img", "1"};
  const image::Location pod = oci::Reference::parse("a");
  CHECK(built.contexts == build::NamedContexts{{"lib", "/lib"}, {"base", base}, {"pod", pod}});
  CHECK(built.network == graph::Network::none);
  CHECK(built.no_cache);
  CHECK(built.pull);
  CHECK(built.jobs == 4);
  CHECK(built.source_date_epoch == 42);
  CHECK(request({"."}).network == graph::Network::build);
  CHECK(request({"--network", "host", "."}).network == graph::Network::host);
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
  CHECK(refusal({".", "--cache-to=type=registry"}) == "--cache-to is not supported");
  CHECK(refusal({".", "--squash"}) == "--squash is not supported");
  CHECK(refusal({".", "--progress", "json"}) ==
        "--progress: 'json' is not supported (want auto, plain, tty, quiet, none, rawjson)");
  CHECK(refusal({".", "--push"}) == "cannot push an image without a name: give it one with --tag");
  CHECK(refusal({".", "--provenance", "max"}) ==
        "--provenance is not supported yet (--provenance=false is accepted)");
  CHECK(refusal({".", "--provenance=false", "--sbom=false", "--load"}) == "accepted");
  CHECK(refusal({".", "--platform", oci::Platform::host().to_string()}) == "accepted");
  CHECK(refusal({".", "--platform", "linux/a/b/c"}).find("not a platform") != std::string::npos);
  CHECK(refusal({".", "--platform", "linux/amd65"}).starts_with("--platform: "));
  CHECK(refusal({".", "--tag", "Upper"}).starts_with("--tag: "));
  CHECK(refusal({".", "--build-arg", "=x"}).find("name is missing") != std::string::npos);
  CHECK(refusal({".", "--timestamp", "yesterday"}).find("seconds") != std::string::npos);
  CHECK(refusal({".", "--build-context", "a=target:b://c"}).find("want a directory") !=
        std::string::npos);
  CHECK(refusal({".", "-t", "UPPER"}) != "accepted");
  CHECK(refusal({}) == "PATH is missing");
}

TEST_CASE("several platforms, each once, in their normal form") {
  const auto platforms = [](const std::vector<std::string>& words,
                            const EnvironmentLookup& lookup = environment) {
    std::string text;
    for (const oci::Platform& platform : request(words, lookup).platforms)
      text += platform.to_string() + " ";
    return text;
  };
  CHECK(platforms({"."}).empty());
  CHECK(platforms({".", "--platform", "linux/amd64,linux/aarch64", "--platform=linux/arm/v6"}) ==
        "linux/amd64 linux/arm64 linux/arm/v6 ");
  CHECK(platforms({".", "--platform", "linux/arm64/v8, linux/arm64,linux/arm"}) ==
        "linux/arm64 linux/arm/v7 ");
  CHECK(platforms({".", "--platform=local"}) == oci::Platform::host().to_string() + " ");
  const auto lookup = [](const char* name) -> std::optional<std::string> {
    return std::string_view(name) == "DOCKER_DEFAULT_PLATFORM" ? std::optional("linux/riscv64")
                                                               : std::nullopt;
  };
  CHECK(platforms({"."}, lookup) == "linux/riscv64 ");
  CHECK(platforms({".", "--platform=linux/386"}, lookup) == "linux/386 ");
}

TEST_CASE("what comes out of a build") {
  const build::Request built =
      request({".", "-t", "app", "-o", "type=image,\"name=a,b:1\"", "-o",
               "type=oci,dest=x,compression=gzip", "--push", "--compression", "zstd:9",
               "--annotation", "index:k=v", "--no-cache-filter", "a,b", "--no-cache-filter=c"});
  REQUIRE(built.tags.size() == 3);
  REQUIRE(built.outputs.size() == 3);
  CHECK(built.outputs[1].compression == layer::Compression::gzip);
  CHECK(built.outputs[1].names.size() == 3);
  CHECK(built.outputs[2].compression == layer::Compression::zstd);
  CHECK(built.outputs[2].compression_level == 9);
  REQUIRE(built.annotations.size() == 1);
  CHECK(built.annotations[0].place == exporter::Annotation::Place::index);
  CHECK(request({".", "-o", "type=image,annotation.k=v"}).annotations.size() == 1);
  CHECK(request({".", "-o", "type=oci,dest=x,annotation.k=v"}).annotations.empty());
  CHECK(built.no_cache_stages == std::vector<std::string>{"a", "b", "c"});
  CHECK(built.rewrite_timestamps);
  CHECK_FALSE(request({".", "-o", "type=oci,dest=x,rewrite-timestamp=false"}).rewrite_timestamps);
  CHECK(request({".", "-o", "type=image,name=a,push=true"}).tags.size() == 1);
  CHECK(request({".", "-o", "type=image,name=a,push=true,push-by-digest=true"}).tags.empty());
  CHECK(refusal({".", "--compression", "zstd"}).find("no layer leaves") != std::string::npos);
  CHECK(refusal({".", "--push", "-t", "a", "--compression", "xz"}).find("want gzip") !=
        std::string::npos);
  CHECK(refusal({".", "--platform=linux/amd64,linux/arm64", "-o", "type=docker,dest=x"})
            .find("one platform") != std::string::npos);
  CHECK(refusal({".", "-o", "type=oci,dest=x,rewrite-timestamp=true", "-o",
                 "type=oci,dest=y,rewrite-timestamp=false"})
            .find("need the same value") != std::string::npos);
}

TEST_CASE("an ARG sees the time of the environment") {
  const auto lookup = [](const char* name) -> std::optional<std::string> {
    return std::string_view(name) == "SOURCE_DATE_EPOCH" ? std::optional("7") : std::nullopt;
  };
  CHECK(request({"."}, lookup).build_args.at("SOURCE_DATE_EPOCH") == "7");
  CHECK(request({"."}).build_args.empty());
}

/// A directory for one test.
BuildInput read(const InputWanted& wanted, std::string stdin_text = "") {
  StringSource input(std::move(stdin_text));
  const ContextAccess access{
      [](const std::string& url) -> build::LoadedContext {
        return {{}, "FROM " + url, 7, nullptr};
      },
      [](Source& archive) -> build::LoadedContext {
        return {{}, "FROM " + std::to_string(read_all(archive, 1 << 20).size()), {}, nullptr};
      }};
  return read_build_input(wanted, input, access);
}

BuildInput read(const std::string& context, const std::string& file, std::string stdin_text = "") {
  return read(InputWanted{context, file}, std::move(stdin_text));
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

TEST_CASE("a Containerfile and a .containerignore count where docker's names are not") {
  const Scratch scratch;
  scratch.write("Containerfile", "FROM c\n");
  scratch.write(".containerignore", "*.c\n");
  CHECK(read(scratch.path(), "").dockerfile_name == "Containerfile");
  CHECK(read(scratch.path(), "").ignore_file_name == ".containerignore");
  scratch.write("Containerfile.containerignore", "*.o\n");
  CHECK(read(scratch.path(), "").ignore_file == "*.o\n");
  scratch.write(".dockerignore", "*.d\n");
  CHECK(read(scratch.path(), "").ignore_file == "*.o\n");
  scratch.write("dockerfile", "FROM d\n");
  CHECK(read(scratch.path(), "").dockerfile == "FROM d\n");
  CHECK(read(scratch.path(), "").ignore_file == "*.d\n");
}

TEST_CASE("an ignore file that is named replaces the others") {
  const Scratch scratch;
  scratch.write("Dockerfile", "FROM a\n");
  scratch.write(".dockerignore", "*.o\n");
  scratch.write("mine", "*.m\n");
  const std::string mine = scratch.path() + "/mine";
  CHECK(read({scratch.path(), "", mine}).ignore_file == "*.m\n");
  CHECK(read({scratch.path(), "", mine}).ignore_file_name == mine);
  CHECK_THROWS_AS(read({scratch.path(), "", mine + ".not"}), Error);
}

TEST_CASE("a Dockerfile that is not here is looked for in the context") {
  const Scratch scratch;
  scratch.write("Only.inside", "FROM i\n");
  scratch.write("Only.inside.dockerignore", "*.i\n");
  const BuildInput found = read(scratch.path(), "Only.inside");
  CHECK(found.dockerfile == "FROM i\n");
  CHECK(found.ignore_file == "*.i\n");
  CHECK_THROWS_WITH_AS(read(scratch.path(), "not/anywhere"),
                       "failed to read dockerfile: open not/anywhere: no such file or directory",
                       Error);
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
  tar[0] = 'f';
  tar.replace(148, 6, "001625");                        // its checksum
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
