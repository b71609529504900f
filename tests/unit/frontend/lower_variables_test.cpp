// What ENV and ARG come to in RUN and in the config.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/frontend/lower_support.h"

using namespace cbuild;
using namespace cbuild::test::lowering;
using cbuild::test::FakeResolver;

TEST_CASE("of ENV and ARG of one name the later one counts in RUN, and only ENV in the config") {
  struct Row {
    std::string lines;
    std::vector<std::string> run_env;  // without PATH
    std::vector<std::string> config_env;
  };

  const Row rows[] = {
      {"ENV v=env\nARG v=arg", {"v=arg"}, {"v=env"}},
      {"ARG v=arg\nENV v=env", {"v=env"}, {"v=env"}},
      {"ENV v=env\nARG v", {"v=env"}, {"v=env"}},
      {"ARG v", {}, {}},
      {"ARG v=", {"v="}, {}},
      {"ARG given=default", {"given=cli"}, {}},
      {"ARG given", {"given=cli"}, {}},
      {"ARG a=1\nARG b=$a$a", {"a=1", "b=11"}, {}},
      {"ARG a=1 b=$a", {"a=1", "b=1"}, {}},
      {"ENV a=1\nENV a=2 b=$a\nENV c=$a", {"a=2", "b=1", "c=2"}, {"a=2", "b=1", "c=2"}},
      {"ENV a=1 b=2\nENV a=3", {"a=3", "b=2"}, {"a=3", "b=2"}},
      {"ARG global", {"global=g"}, {}},
      {"ARG global=own", {"global=own"}, {}},
      {"ARG TARGETARCH", {"TARGETARCH=amd64"}, {}},
      {"ARG TARGETSTAGE", {"TARGETSTAGE=default"}, {}},
      {"ARG BUILDKIT_SBOM_SCAN_STAGE=true", {}, {}},
      {"ARG TARGETVARIANT", {"TARGETVARIANT="}, {}},
      {"ENV x=$TARGETARCH", {"x="}, {"x="}},
      {"ENV x=$global", {"x="}, {"x="}},
      {"ENV x=${unset:-d} y='$z' w=\"a b\"", {"x=d", "y=$z", "w=a b"}, {"x=d", "y=$z", "w=a b"}},
  };
  Options options = options_for_test();
  options.build_args["given"] = "cli";
  for (const Row& row : rows) {
    CAPTURE(row.lines);
    const Lowered lowered =
        lower_text("ARG global=g\nFROM debian\n" + row.lines + "\nRUN x\n", options);
    const auto with_path = [](std::vector<std::string> env) {
      env.insert(env.begin(), "PATH=/usr/bin:/bin");
      return env;
    };
    CHECK(last_run(lowered).env.entries() == with_path(row.run_env));
    CHECK(lowered.config.config.env == with_path(row.config_env));
  }
}

TEST_CASE("an argument is in force from its line on, and in stages based on its stage") {
  struct Row {
    std::string text;
    std::string history;  // of the last line
  };

  const Row rows[] = {
      {"FROM debian\nRUN x\nARG A=1", "ARG A=1"},
      {"FROM debian\nARG A=1\nRUN x", "RUN |1 A=1 /bin/sh -c x # buildkit"},
      {"FROM debian AS a\nARG A=1\nFROM a\nRUN x", "RUN |1 A=1 /bin/sh -c x # buildkit"},
      {"FROM debian AS a\nARG A=1\nFROM debian\nRUN x", "RUN /bin/sh -c x # buildkit"},
      {"FROM debian AS a\nARG A=1\nFROM a\nARG A\nRUN x", "RUN |1 A=1 /bin/sh -c x # buildkit"},
      {"FROM debian AS a\nARG A=1\nFROM a\nARG A=2\nRUN x", "RUN |1 A=2 /bin/sh -c x # buildkit"},
      {"FROM debian\nARG A B=two\\ words\nRUN x", "RUN |2 A= B=two words /bin/sh -c x # buildkit"},
      {"FROM debian\nRUN x", "RUN /bin/sh -c x # buildkit"},
      {"FROM debian\nRUN [\"touch\", \"/t\"]", "RUN touch /t # buildkit"},
      {"FROM debian\nARG A", "ARG A"},
      {"FROM debian\nARG A=1 B C=", "ARG A=1 B C="},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(last_history(lower_text(row.text)) == row.history);
  }
}

TEST_CASE("proxy settings reach RUN without being part of its key, unless they are declared") {
  Options options = options_for_test();
  options.build_args = {{"http_proxy", "http://p"}, {"NO_PROXY", "x"}, {"other", "y"}};
  const Lowered plain = lower_text("FROM debian\nRUN x", options);
  CHECK(last_run(plain).unkeyed_env == std::vector<std::string>{"HTTP_PROXY=http://p",
                                                                "http_proxy=http://p", "NO_PROXY=x",
                                                                "no_proxy=x"});
  CHECK(last_run(plain).env.entries() == std::vector<std::string>{"PATH=/usr/bin:/bin"});
  CHECK(plain.unused_build_args == std::vector<std::string>{"other"});
  CHECK(plain.graph[plain.root].digest ==
        lower_text("FROM debian\nRUN x").graph[plain.root].digest);

  const Lowered declared = lower_text("FROM debian\nARG http_proxy\nRUN x", options);
  CHECK(last_run(declared).env.entries() ==
        std::vector<std::string>{"PATH=/usr/bin:/bin", "http_proxy=http://p"});
  CHECK(last_run(declared).unkeyed_env ==
        std::vector<std::string>{"HTTP_PROXY=http://p", "NO_PROXY=x", "no_proxy=x"});
}

TEST_CASE("the name of the result is an argument") {
  const std::string text = "FROM debian AS First\nFROM debian AS Last\nARG TARGETSTAGE\nRUN x";
  const auto stage_in = [&](const std::string& target) {
    Options options = options_for_test();
    options.target = target;
    return last_run(lower_text(text, options)).env.entries().back();
  };
  CHECK(stage_in("") == "TARGETSTAGE=last");
  CHECK(stage_in("Last") == "TARGETSTAGE=Last");
  CHECK(stage_in("1") == "TARGETSTAGE=1");
}
