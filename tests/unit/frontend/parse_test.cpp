// Dockerfile text to Ast.
#include "frontend/dockerfile/parse.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cbuild/frontend/diagnostic.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/instruction.h"

using namespace cbuild;
using namespace cbuild::frontend;

namespace {

template <typename T>
T parse_one(const std::string& text) {
  Ast ast = parse(text);
  REQUIRE(ast.instructions.size() == 1);
  REQUIRE(std::holds_alternative<T>(ast.instructions[0]));
  return std::get<T>(std::move(ast.instructions[0]));
}

std::vector<std::string> texts(const std::vector<ast::Word>& words) {
  std::vector<std::string> result;
  for (const ast::Word& word : words)
    result.push_back(word.text);
  return result;
}

std::string refusal(const std::string& text) {
  try {
    parse(text);
  } catch (const DockerfileError& error) {
    return error.what();
  }
  return "(accepted)";
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("FROM") {
  const auto from = parse_one<ast::From>("from --platform=$BUILDPLATFORM alpine:3 As Builder");
  CHECK(from.image.text == "alpine:3");
  CHECK(from.image.range.column == 32);
  CHECK(from.platform->text == "$BUILDPLATFORM");
  CHECK(from.stage == "builder");
  CHECK(from.stage_as_written.text == "Builder");
  CHECK(from.as_keyword == "As");
  CHECK(from.info.keyword == "from");
  CHECK(parse_one<ast::From>("FROM scratch").stage.empty());
}

TEST_CASE("RUN, CMD, ENTRYPOINT: exec form or shell form") {
  struct Row {
    std::string args;
    bool exec;
    Strings argv;
    std::string text;
  };

  const Row rows[] = {
      {"echo  a  # b", false, {}, "echo  a  # b"},
      {"[\"a\", \"b c\"]", true, {"a", "b c"}, ""},
      {" [ \\\n \"a\" ] ", true, {"a"}, ""},
      {"[\"\\u0041\\n\\\"\"]", true, {"A\n\""}, ""},
      {"['a']", false, {}, "['a']"},
      {"[\"a\"", false, {}, "[\"a\""},
      {"[\"a\"] b", false, {}, "[\"a\"] b"},
      {"[ -f x ] && y", false, {}, "[ -f x ] && y"},
      {"a \\\n   b", false, {}, "a    b"},
      {"$v \"q\"", false, {}, "$v \"q\""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.args);
    for (const ast::Command& command :
         {parse_one<ast::Run>("RUN " + row.args).command,
          parse_one<ast::Cmd>("CMD " + row.args).command,
          parse_one<ast::Entrypoint>("ENTRYPOINT " + row.args).command}) {
      CHECK(command.exec == row.exec);
      CHECK(command.argv == row.argv);
      CHECK(command.text == row.text);
    }
  }
  CHECK(parse_one<ast::Cmd>("CMD []").command.exec);
}

TEST_CASE("RUN flags") {
  const auto run = parse_one<ast::Run>(
      "RUN --network=none --security=sandbox --device=v/c=all --device=x -- --help");
  CHECK(run.network == ast::Run::Network::none);
  CHECK(run.security == ast::Run::Security::sandbox);
  CHECK(texts(run.devices) == Strings{"v/c=all", "x"});
  CHECK(run.command.text == "--help");
  CHECK(parse_one<ast::Run>("RUN -x").command.text == "-x");
}

TEST_CASE("RUN heredocs") {
  struct Row {
    std::string text;
    std::string command;
    std::vector<std::pair<std::string, std::string>> bodies;
    bool script;
  };

  const Row rows[] = {
      {"RUN <<EOF\na\nEOF\n", "<<EOF", {{"EOF", "a\n"}}, true},
      {"RUN <<-'E F'\n\ta\n\tE F\n", "<<-'E F'", {{"E F", "a\n"}}, true},
      {"RUN cat <<A 3<<B > f\n1\nA\n2\nB\n",
       "cat <<A 3<<B > f",
       {{"A", "1\n"}, {"B", "2\n"}},
       false},
      {"RUN << 'A'\nx\nA\n", "<< 'A'", {{"A", "x\n"}}, true},
      {"RUN cat << A 3<<- \tB > f\n1\nA\n\tB\n",
       "cat << A 3<<- \tB > f",
       {{"A", "1\n"}, {"B", ""}},
       false},
      {"RUN echo $(( 1 << 4 )) $(( (2) << 1))", "echo $(( 1 << 4 )) $(( (2) << 1))", {}, false},
      {"RUN echo $((1 <<4)) <<A\nA\n", "echo $((1 <<4)) <<A", {{"A", ""}}, false},
      {"RUN cat <<< word", "cat <<< word", {}, false},
      {"RUN echo $((1<<4))", "echo $((1<<4))", {}, false},
      {"RUN echo \"<<EOF\"", "echo \"<<EOF\"", {}, false},
      {"RUN [\"cat\", \"<<EOF\"]", "", {}, false},
      {"RUN --mount=target=/m <<EOF\nEOF\n", "<<EOF", {{"EOF", ""}}, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto run = parse_one<ast::Run>(row.text);
    CHECK(run.command.text == row.command);
    CHECK(run.heredoc_is_script == row.script);
    REQUIRE(run.heredocs.size() == row.bodies.size());
    for (std::size_t i = 0; i < row.bodies.size(); ++i) {
      CHECK(run.heredocs[i].name == row.bodies[i].first);
      CHECK(run.heredocs[i].content == row.bodies[i].second);
    }
  }
  CHECK(parse("CMD cat <<EOF\nRUN x\n").instructions.size() == 2);
  CHECK(parse_one<ast::Run>("RUN cat <<EOF \\\n # c\n && b\nx\nEOF\n").info.range.last_line == 5);
}

TEST_CASE("COPY and ADD") {
  const auto copy = parse_one<ast::Copy>(
      "COPY --from=b --chown=1:2 --chmod=$M --link --parents=FALSE --exclude=a --exclude=\"b c\" "
      "x $y /dst/");
  CHECK(copy.from->text == "b");
  CHECK(copy.transfer.chown->text == "1:2");
  CHECK(copy.transfer.chmod->text == "$M");
  CHECK(copy.transfer.link);
  CHECK_FALSE(copy.parents);
  CHECK(texts(copy.transfer.excludes) == Strings{"a", "b c"});
  CHECK(texts(copy.transfer.sources) == Strings{"x", "$y"});
  CHECK(copy.transfer.destination.text == "/dst/");

  const auto json = parse_one<ast::Copy>("COPY [\"a b\", \"<<c\", \"/d\"]");
  CHECK(texts(json.transfer.sources) == Strings{"a b", "<<c"});
  CHECK(json.transfer.sources[1].range.column == 14);

  const auto add = parse_one<ast::Add>(
      "ADD --checksum=sha256:00 --keep-git-dir=true --unpack=false https://a/b /c");
  CHECK(add.checksum->text == "sha256:00");
  CHECK(add.keep_git_dir);
  CHECK(add.unpack == false);
  CHECK_FALSE(parse_one<ast::Add>("ADD a b").unpack.has_value());
}

TEST_CASE("COPY heredocs are files, beside ordinary sources") {
  const auto copy = parse_one<ast::Copy>("COPY <<a x <<-\"b\" /d/\n$v\na\n\t$v\nb\n");
  CHECK(texts(copy.transfer.sources) == Strings{"x"});
  REQUIRE(copy.transfer.heredocs.size() == 2);
  CHECK(copy.transfer.heredocs[0].name == "a");
  CHECK(copy.transfer.heredocs[0].content == "$v\n");
  CHECK(copy.transfer.heredocs[0].expand);
  CHECK(copy.transfer.heredocs[1].content == "$v\n");
  CHECK_FALSE(copy.transfer.heredocs[1].expand);
  CHECK(copy.info.original == "COPY <<a x <<-\"b\" /d/");
  CHECK(copy.info.range.last_line == 5);

  const auto spaced = parse_one<ast::Copy>("COPY x <<- 'a' <<b /d/\n\t1\n\ta\n2\nb\n");
  CHECK(texts(spaced.transfer.sources) == Strings{"x"});
  REQUIRE(spaced.transfer.heredocs.size() == 2);
  CHECK(spaced.transfer.heredocs[0].content == "1\n");
  CHECK(spaced.transfer.heredocs[1].content == "2\n");
}

TEST_CASE("ENV, LABEL and ARG") {
  struct Row {
    std::string args;
    std::vector<std::pair<std::string, std::string>> values;
    bool legacy;
  };

  const Row rows[] = {
      {"a=1", {{"a", "1"}}, false},
      {"a=1 b=\"x y\" c=d\\ e f='$h'",
       {{"a", "1"}, {"b", "\"x y\""}, {"c", "d\\ e"}, {"f", "'$h'"}},
       false},
      {"a= b=\"\"", {{"a", ""}, {"b", "\"\""}}, false},
      {"a b=c  d", {{"a", "b=c  d"}}, true},
      {"a=b=c", {{"a", "b=c"}}, false},
      {"a=1 \\\n  b=2", {{"a", "1"}, {"b", "2"}}, false},
      {"\"k y\"=v", {{"\"k y\"", "v"}}, false},
      {"a=\"x y", {{"a", "\"x y"}}, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.args);
    const auto env = parse_one<ast::Env>("ENV " + row.args);
    const auto label = parse_one<ast::Label>("LABEL " + row.args);
    CHECK(env.legacy == row.legacy);
    CHECK(label.legacy == row.legacy);
    REQUIRE(env.values.size() == row.values.size());
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      CHECK(env.values[i].key.text == row.values[i].first);
      CHECK(env.values[i].value.text == row.values[i].second);
      CHECK(label.values[i].value.text == row.values[i].second);
    }
  }
  const auto env = parse_one<ast::Env>("ENV a=1 \\\n  bc=$x");
  CHECK(env.values[1].value.range.line == 2);
  CHECK(env.values[1].value.range.column == 6);
  CHECK(env.values[1].value.range.end_column == 8);

  const auto arg = parse_one<ast::Arg>("ARG a b= c=\"d e\"");
  REQUIRE(arg.declarations.size() == 3);
  CHECK_FALSE(arg.declarations[0].value.has_value());
  CHECK(arg.declarations[1].value->text.empty());
  CHECK(arg.declarations[2].name.text == "c");
  CHECK(arg.declarations[2].value->text == "\"d e\"");
}

TEST_CASE("the small ones") {
  CHECK(parse_one<ast::Workdir>("WORKDIR /a b").path.text == "/a b");
  CHECK(parse_one<ast::User>("user a:b").user.text == "a:b");
  CHECK(parse_one<ast::Stopsignal>("STOPSIGNAL $S").signal.text == "$S");
  CHECK(parse_one<ast::Maintainer>("MAINTAINER A <a@b>").author == "A <a@b>");
  CHECK(texts(parse_one<ast::Expose>("EXPOSE 80 $P/udp").ports) == Strings{"80", "$P/udp"});
  CHECK(texts(parse_one<ast::Volume>("VOLUME /a /b").paths) == Strings{"/a", "/b"});
  CHECK(texts(parse_one<ast::Volume>("VOLUME [\"/a b\"]").paths) == Strings{"/a b"});
  CHECK(parse_one<ast::Shell>("SHELL [\"/bin/bash\", \"-c\"]").argv == Strings{"/bin/bash", "-c"});
}

TEST_CASE("HEALTHCHECK") {
  using namespace std::chrono_literals;
  const auto check = parse_one<ast::Healthcheck>(
      "HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=0 --start-interval=2s "
      "--retries=3 cmd curl --fail x");
  CHECK(check.command.text == "curl --fail x");
  CHECK(check.interval == 90s);
  CHECK(check.timeout == 500ms);
  CHECK(check.start_period == 0ns);
  CHECK(check.start_interval == 2s);
  CHECK(check.retries == 3);
  CHECK(parse_one<ast::Healthcheck>("HEALTHCHECK none").none);
  CHECK(parse_one<ast::Healthcheck>("HEALTHCHECK CMD [\"a\"]").command.argv == Strings{"a"});
}

TEST_CASE("ONBUILD keeps the text of its trigger and what it parses to") {
  const auto onbuild = parse_one<ast::Onbuild>("ONBUILD  COPY --from=a <<X /d\nbody\nX\n");
  CHECK(onbuild.trigger->text == "COPY --from=a <<X /d\nbody\nX");
  const auto& copy = std::get<ast::Copy>(onbuild.trigger->instruction);
  CHECK(copy.transfer.heredocs.at(0).content == "body\n");
  CHECK(parse_one<ast::Onbuild>("onbuild run a \\\n b").trigger->text == "run a  b");
  CHECK_THROWS_AS(parse_instruction(""), DockerfileError);
  CHECK_THROWS_AS(parse_instruction("RUN a\nRUN b"), DockerfileError);
}

TEST_CASE("what is refused, and how") {
  struct Row {
    std::string text;
    std::string message;
  };

  const Row rows[] = {
      {"", "the Dockerfile cannot be empty"},
      {"# only\n\n", "file with no instructions: write at least FROM IMAGE"},
      {"FORM x", "unknown instruction: FORM (did you mean FROM?)"},
      {"XYZZY", "unknown instruction: XYZZY"},
      {"FROM",
       "FROM requires either one or three arguments: write FROM IMAGE or FROM IMAGE AS NAME"},
      {"FROM a b",
       "FROM requires either one or three arguments: write FROM IMAGE or FROM IMAGE AS NAME"},
      {"FROM a AS 1st",
       "invalid name for build stage: \"1st\", name can't start with a number or contain symbols"},
      {"FROM --plaftorm=x a", "unknown flag: --plaftorm (did you mean platform?)"},
      {"COPY --form=x a b", "unknown flag: --form (did you mean from?)"},
      {"COPY --chown=a --chown=b a b", "duplicate flag specified: --chown"},
      {"COPY --parents=maybe a b", "expecting boolean value for flag --parents, not: maybe"},
      {"COPY --link= a b", "missing a value on flag: --link"},
      {"COPY --chown a b", "missing a value on flag: --chown"},
      {"USER --x a", "unknown flag: --x; USER takes no flags"},
      {"COPY a",
       "COPY requires at least two arguments, but only one was provided. Destination could not be "
       "determined"},
      {"ADD",
       "ADD requires at least two arguments, a source and a destination, but none was provided"},
      {"COPY https://x /y", "source can't be a URL for COPY: write ADD instead"},
      {"COPY --from=$x a b",
       "variable expansion is not supported for --from, define a new stage with FROM using ARG "
       "from "
       "global scope as a workaround"},
      {"COPY a <<EOF\nEOF\n", "COPY cannot accept a heredoc as a destination"},
      {"RUN <<EOF\na", "unterminated heredoc: no line is exactly 'EOF'"},
      {"RUN [\"a\", 1]", "when using JSON array syntax, arrays must be comprised of strings only"},
      {"COPY [null, {\"a\": [true]}]",
       "when using JSON array syntax, arrays must be comprised of strings only"},
      {"RUN []", "RUN requires a command: the array is empty"},
      {"RUN --network=x y", "invalid network mode: \"x\" (want default, none or host)"},
      {"ENV", "ENV requires at least one argument"},
      {"ENV a", "ENV must have two arguments: write ENV a=VALUE"},
      {"LABEL a", "LABEL must have two arguments: write LABEL a=VALUE"},
      {"ENV a=1 b", "Syntax error - can't find = in \"b\". Must be of the form: name=value"},
      {"ENV =x", "ENV names can not be blank"},
      {"ARG =x", "ARG names can not be blank"},
      {"ARG", "ARG requires at least one argument"},
      {"WORKDIR", "WORKDIR requires exactly one argument"},
      {"EXPOSE", "EXPOSE requires at least one argument"},
      {"VOLUME []", "VOLUME requires at least one argument"},
      {"VOLUME [\"\"]", "VOLUME specified can not be an empty string"},
      {"SHELL /bin/sh",
       "SHELL requires the arguments to be in JSON form: write SHELL [\"/bin/sh\", \"-c\"]"},
      {"SHELL []", "SHELL requires at least one argument"},
      {"HEALTHCHECK", "HEALTHCHECK requires at least one argument"},
      {"HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"},
      {"HEALTHCHECK CMD []", "Missing command after HEALTHCHECK CMD"},
      {"HEALTHCHECK foo x", "Unknown type \"FOO\" in HEALTHCHECK (try CMD)"},
      {"HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"},
      {"HEALTHCHECK --interval=1us CMD x", "Interval \"interval\" cannot be less than 1ms"},
      {"HEALTHCHECK --timeout=5 CMD x",
       "--timeout: invalid duration \"5\" (write a number and its unit: 30s, 1m30s, 500ms)"},
      {"HEALTHCHECK --retries=-1 CMD x", "--retries cannot be negative (-1)"},
      {"HEALTHCHECK --retries=x CMD x", "--retries: \"x\" is not a number"},
      {"ONBUILD", "ONBUILD requires at least one argument"},
      {"ONBUILD ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"},
      {"ONBUILD from x", "FROM isn't allowed as an ONBUILD trigger"},
      {"ONBUILD COPY a",
       "COPY requires at least two arguments, but only one was provided. Destination could not be "
       "determined"},
      {"RUN --mount=type=chache,target=/x y",
       "unsupported mount type \"chache\" (did you mean cache?)"},
      {"RUN --mount=traget=/x y", "unexpected key 'traget' in 'traget=/x' (did you mean target?)"},
      {"RUN --mount=target y", "invalid field 'target' must be a key=value pair"},
      {"RUN --mount=target=/x,from=$y z",
       "'from' doesn't support variable expansion, define alias stage instead"},
      {"RUN --mount=type=bind,target=/x,required y",
       "unexpected key 'required' for mount type 'bind'"},
      {"RUN --mount=type=tmpfs,target=/x,mode=1 y", "mode not allowed for \"tmpfs\" type mounts"},
      {"RUN --mount=type=bind,target=/x,sharing=shared y",
       "invalid cache sharing set for bind mount"},
      {"RUN --mount=type=secret,from=a,id=b y", "secret mount should not have a from"},
      {"RUN --mount=type=secret y", "invalid secret mount. one of source, target required"},
      {"RUN --mount=type=cache,target=/x,sharing=lokced y",
       "unsupported sharing value \"lokced\" (did you mean locked?)"},
      {"RUN --mount=type=cache,target=/x,mode=9 y",
       "invalid value 9 for mode (want octal digits, as 0755)"},
      {"RUN --mount=type=tmpfs,target=/x,size=big y",
       "invalid value for size: big (write 64m or 1g)"},
      {"RUN --mount=type=secret,id=a,sharing=shared y", "secret mount should not define sharing"},
      {"RUN --mount=target=/x,ro=maybe y",
       "invalid value for readonly: maybe (want true or false)"},
      {"RUN --mount='target=/x,\"a' y",
       "failed to parse csv mounts: extraneous or missing \" in quoted-field"},
      {"RUN --mount='target=\"/x\"' y", "failed to parse csv mounts: bare \" in non-quoted field"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(refusal(row.text) == row.message);
  }
}

TEST_CASE("errors point at the word") {
  struct Row {
    std::string text;
    int line, last_line, column, end_column;
  };

  const Row rows[] = {
      {"FROM a\n  FORM b", 2, 2, 3, 7},
      {"FROM a \\\n as 1x", 2, 2, 5, 7},
      {"COPY \\\n  --form=x a b", 2, 2, 3, 11},
      {"ENV a=1 bc", 1, 1, 9, 11},
      {"RUN --mount=type=cache,target=/x,mode=9 y", 1, 1, 39, 40},
      {"RUN --mount='traget=/x' y", 1, 1, 14, 23},
      {"RUN --mount=target=/a,\\\nty=b c", 2, 2, 1, 5},
      {"COPY a \\\n\n# c\n\n", 1, 4, 0, 0},
      {"ONBUILD FROM x", 1, 1, 9, 13},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    try {
      parse(row.text);
      FAIL("accepted");
    } catch (const DockerfileError& error) {
      CHECK(error.range().line == row.line);
      CHECK(error.range().last_line == row.last_line);
      CHECK(error.range().column == row.column);
      CHECK(error.range().end_column == row.end_column);
    }
  }
}

TEST_CASE("hostile files end quickly") {
  const auto repeated = [](std::string_view part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i)
      text += part;
    return text;
  };
  refusal("RUN " + repeated("<<A ", 16'000) + "\n" + repeated("A\n", 16'000));
  refusal("COPY " + repeated("<<A ", 16'000) + " /x\n" + repeated("A\n", 16'000));
  refusal("COPY " + repeated("--exclude=a ", 6'000) + " /x /y");
  refusal("RUN --mount=" + repeated("target=/x,", 6'000) + " y");
  refusal("RUN --mount=" + repeated("\"", 60'000));
  refusal("ENV " + repeated("a=\\\n", 16'000));
  refusal("ENV " + repeated("a=b ", 16'000));
  refusal(repeated("\\\n", 32'000));
  refusal("ONBUILD " + repeated("ONBUILD ", 8'000));
  refusal("RUN " + repeated("'", 64'001));
  refusal(repeated("RUN [", 12'000));
}

TEST_CASE("ten thousand lines are ten thousand instructions") {
  std::string text = "FROM a\n";
  for (int i = 0; i < 10'000; ++i)
    text += "RUN echo " + std::to_string(i) + "\n";
  CHECK(parse(text).instructions.size() == 10'001);
}
