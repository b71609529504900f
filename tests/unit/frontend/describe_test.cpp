// What `cbuild debug` shows.
#include "cbuild/frontend/describe.h"

#include <doctest/doctest.h>

#include "cbuild/frontend/diagnostic.h"

using namespace cbuild;
using namespace cbuild::frontend;
using Form = DescribedInstruction::Form;

TEST_CASE("describe: keyword, flags, form and arguments of every instruction") {
  struct Row {
    std::string line;
    std::vector<std::string> flags;
    Form form;
    std::vector<std::string> arguments;
  };

  const Row rows[] = {
      {"from --platform=linux/amd64 a AS b",
       {"--platform=linux/amd64"},
       Form::words,
       {"a", "AS", "b"}},
      {"RUN  a  b", {}, Form::shell, {"a  b"}},
      {"RUN [\"a\", \"b\"]", {}, Form::exec, {"a", "b"}},
      {"RUN --network=none --mount=type=cache,target=/c a",
       {"--network=none", "--mount=type=cache,target=/c"},
       Form::shell,
       {"a"}},
      {"COPY --from=\"x\" a b /c", {"--from=x"}, Form::words, {"a", "b", "/c"}},
      {"COPY [\"a b\", \"c\"]", {}, Form::words, {"a b", "c"}},
      {"ADD a b", {}, Form::words, {"a", "b"}},
      {"ENV a=1 b=\"x y\"", {}, Form::words, {"a=1", "b=\"x y\""}},
      {"ENV a x y", {}, Form::words, {"a", "x y"}},
      {"LABEL a=1", {}, Form::words, {"a=1"}},
      {"ARG a b=$c", {}, Form::words, {"a", "b=$c"}},
      {"WORKDIR /a b", {}, Form::words, {"/a b"}},
      {"USER u:g", {}, Form::words, {"u:g"}},
      {"EXPOSE 80 81/udp", {}, Form::words, {"80", "81/udp"}},
      {"VOLUME [\"/a\"]", {}, Form::words, {"/a"}},
      {"CMD a b", {}, Form::shell, {"a b"}},
      {"CMD []", {}, Form::exec, {}},
      {"ENTRYPOINT [\"a\"]", {}, Form::exec, {"a"}},
      {"SHELL [\"sh\", \"-c\"]", {}, Form::exec, {"sh", "-c"}},
      {"STOPSIGNAL 9", {}, Form::words, {"9"}},
      {"HEALTHCHECK NONE", {}, Form::words, {"NONE"}},
      {"HEALTHCHECK --retries=1 CMD a b", {"--retries=1"}, Form::shell, {"CMD", "a b"}},
      {"HEALTHCHECK CMD [\"a\"]", {}, Form::exec, {"CMD", "a"}},
      {"ONBUILD RUN a b", {}, Form::words, {"RUN a b"}},
      {"MAINTAINER a b", {}, Form::words, {"a b"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const auto found = describe(row.line + "\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].flags == row.flags);
    CHECK(found[0].form == row.form);
    CHECK(found[0].arguments == row.arguments);
    CHECK(found[0].original == row.line);
    CHECK(found[0].keyword.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos);
  }
}

TEST_CASE("describe: lines and heredocs") {
  const auto found =
      describe("FROM a\n\nRUN a \\\n  b <<-\"X\"\n\tbody\n\tX\nONBUILD COPY <<E /e\nf\nE");
  REQUIRE(found.size() == 3);
  CHECK(found[1].first_line == 3);
  CHECK(found[1].last_line == 6);
  REQUIRE(found[1].heredocs.size() == 1);
  CHECK(found[1].heredocs[0].name == "X");
  CHECK(found[1].heredocs[0].content == "body\n");
  CHECK_FALSE(found[1].heredocs[0].expand);
  CHECK(found[1].heredocs[0].strip_tabs);
  REQUIRE(found[2].heredocs.size() == 1);
  CHECK(found[2].heredocs[0].content == "f\n");
  CHECK(found[2].last_line == 9);
}

TEST_CASE("expand and expand_to_words") {
  CHECK(expand("a $v", {{"v", "x y"}}, '\\') == "a x y");
  CHECK(expand("`$v", {{"v", "x"}}, '`') == "$v");
  CHECK(expand_to_words("a $v", {{"v", "x y"}}, '\\') == std::vector<std::string>{"a", "x", "y"});
  CHECK_THROWS_AS(expand("${", {}, '\\'), DockerfileError);
}
