// COPY and ADD as the rules see them.
#include "frontend/dockerfile/lint/copy_sources.h"

#include <doctest/doctest.h>

#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/parse.h"

namespace cbuild::frontend {

TEST_CASE("COPY and ADD have sources; those of --from are not in the context") {
  struct Row {
    std::string line;
    bool is_add;
    bool from_context;
  };

  const Row rows[] = {
      {"COPY a b", false, true},
      {"COPY --from=x a b", false, false},
      {"COPY --chmod=755 a b", false, true},
      {"ADD a b", true, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const Ast ast = parse("FROM x\n" + row.line);
    const auto sources = copy_sources(ast.instructions.back());
    REQUIRE(sources);
    CHECK(sources->transfer != nullptr);
    CHECK(sources->is_add == row.is_add);
    CHECK(sources->from_context == row.from_context);
  }
}

TEST_CASE("no other instruction has sources, not even a trigger") {
  for (const std::string line : {"FROM a", "RUN cp a b", "ENV A=b", "ONBUILD COPY a b"}) {
    CAPTURE(line);
    const Ast ast = parse("FROM x\n" + line);
    CHECK_FALSE(copy_sources(ast.instructions.back()));
  }
}

TEST_CASE("a source is a path beneath the context, and nothing leads out of it") {
  struct Row {
    std::string source;
    std::string path;
  };

  const Row rows[] = {
      {"a", "a"},
      {"./a/", "a"},
      {"/a//b", "a/b"},
      {"a/./b", "a/b"},
      {"a/../b", "b"},
      {"../../a", "a"},
      {"a/..", ""},
      {"/", ""},
      {".", ""},
      {"", ""},
      {"a/b/../..", ""},
      {"...", "..."},
      {".a/..b", ".a/..b"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.source);
    CHECK(context_path(row.source) == row.path);
  }
}

TEST_CASE("a source is remote when it is a URL or git's short form") {
  for (const std::string source : {"https://x/y", "git://x/y", "git@x:y", "ssh://git@x/y"})
    CHECK(is_remote(source));
  for (const std::string source : {"", "a", "a/git@x", "https:/x", "x:y", "git"})
    CHECK_FALSE(is_remote(source));
}

}  // namespace cbuild::frontend
