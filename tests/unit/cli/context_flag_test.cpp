// Values of --build-context.
#include "src/cli/context_flag.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"

namespace cbuild::cli {

namespace {

std::string text_of(const build::NamedContext& context) {
  const image::Location* image = build::image_in(context);
  if (image == nullptr) return "files " + std::get<std::string>(context);
  if (const auto* reference = std::get_if<oci::Reference>(image))
    return "image " + reference->familiar();
  if (const auto* layout = std::get_if<image::LayoutImage>(image))
    return "layout " + layout->path + " " + layout->name;
  return "scratch";
}

std::string refusal(const std::string& text) {
  try {
    read_contexts({text}, "/work");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a context is an image, a URL as it is, or a directory, made absolute") {
  struct Row {
    std::string value;
    std::string context;
  };

  const Row rows[] = {
      {"dir", "files /work/dir"},
      {"./a/../b/", "files /work/b"},
      {"..", "files /"},
      {"/a/b", "files /a/b"},
      {"a=b", "files /work/a=b"},
      {"https://example.com/a.tar", "files https://example.com/a.tar"},
      {"https://example.com/a.git#v1", "files https://example.com/a.git#v1"},
      {"git@example.com:a/b.git", "files git@example.com:a/b.git"},
      {"docker-image://debian", "image debian:latest"},
      {"docker-image://scratch", "scratch"},
      {"oci-layout://img:1", "layout /work/img 1"},
      {"oci-layout:///img", "layout /img "},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    const build::NamedContexts contexts = read_contexts({"n=" + row.value}, "/work");
    REQUIRE(contexts.contains("n"));
    CHECK(text_of(contexts.at("n")) == row.context);
  }
}

TEST_CASE("of two contexts with one name the last counts") {
  const build::NamedContexts contexts = read_contexts({"n=a", "m=b", "n=c"}, "/work");
  CHECK(contexts.size() == 2);
  CHECK(text_of(contexts.at("n")) == "files /work/c");
  CHECK(text_of(contexts.at("m")) == "files /work/b");
  CHECK(read_contexts({}, "/work").empty());
}

TEST_CASE("a context without name or value, or with an unknown scheme, is refused") {
  CHECK(refusal("=dir") == "--build-context '=dir': the name is missing (want NAME=VALUE)");
  CHECK(refusal("").starts_with("--build-context '': the name is missing"));
  CHECK(refusal("n").starts_with("--build-context 'n': want NAME=DIRECTORY"));
  CHECK(refusal("n=").starts_with("--build-context 'n=': want NAME=DIRECTORY"));
  CHECK(refusal("n=ftp://x/y").starts_with("--build-context n=ftp://x/y: want a directory"));
  CHECK_FALSE(refusal("n=docker-image://UPPER CASE").empty());
}

}  // namespace cbuild::cli
