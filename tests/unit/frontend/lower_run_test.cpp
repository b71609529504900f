// What RUN comes to: the command, its mounts, its network and its history.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cbuild/graph/exec_mount.h"
#include "cbuild/graph/graph.h"
#include "cbuild/graph/network.h"
#include "cbuild/graph/op.h"
#include "tests/support/errors.h"
#include "tests/unit/frontend/lower_support.h"

using namespace cbuild;
using namespace cbuild::test::lowering;

namespace {

using Strings = std::vector<std::string>;

Lowered lower_run(const std::string& lines, const Options& options = options_for_test()) {
  return lower_text("FROM debian AS base\nRUN one\nFROM debian\n" + lines, options);
}

graph::Exec run_of(const std::string& lines, const Options& options = options_for_test()) {
  return last_run(lower_run(lines, options));
}

const graph::Vertex& root_of(const Lowered& lowered) {
  return lowered.graph[lowered.root];
}

}  // namespace

TEST_CASE("the command of RUN is what the shell of the moment reads, or argv as it stands") {
  struct Row {
    std::string lines;
    Strings argv;
  };

  const Row rows[] = {
      {"RUN a  $b", {"/bin/sh", "-c", "a  $b"}},
      {"RUN [\"a\", \"$b\", \"\"]", {"a", "$b", ""}},
      {"SHELL [\"/bin/bash\", \"-euc\"]\nRUN a", {"/bin/bash", "-euc", "a"}},
      {"SHELL [\"x\"]\nSHELL [\"y\"]\nRUN a", {"y", "a"}},
      {"SHELL [\"x\"]\nRUN [\"a\"]", {"a"}},
      {"RUN <<E\na $b\nE", {"/bin/sh", "-c", "a $b\n"}},
      {"RUN <<-'E'\n\ta\n\tE", {"/bin/sh", "-c", "a\n"}},
      {"RUN cat <<A 3<<B > f\n1\nA\n2\nB", {"/bin/sh", "-c", "cat <<A 3<<B > f\n1\nA\n2\nB"}},
      {"RUN cat <<-A\n\t1\n\tA", {"/bin/sh", "-c", "cat <<-A\n\t1\nA"}},
      {"RUN <<E\nE", {"/bin/sh", "-c", ""}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.lines);
    const graph::Exec op = run_of(row.lines);
    CHECK(op.argv == row.argv);
    CHECK(op.script.empty());
    CHECK(op.script_path.empty());
  }
}

TEST_CASE("a heredoc that begins with #! is a program of its own") {
  const graph::Exec op = run_of("SHELL [\"sh\"]\nRUN <<EOF\n#!/usr/bin/env x\nbody\nEOF");
  CHECK(op.script_path == "/dev/pipes/EOF");
  CHECK(op.script == "#!/usr/bin/env x\nbody\n");
  CHECK(op.argv == Strings{"sh", "/dev/pipes/EOF"});
  // Only when it is all of the command, and in its first bytes.
  CHECK(run_of("RUN cat <<EOF\n#!/bin/x\nEOF").script.empty());
  CHECK(run_of("RUN <<EOF\n #!/bin/x\nEOF").script.empty());
}

TEST_CASE("RUN has the user, the directory and the network that are in force") {
  const graph::Exec plain = run_of("RUN x");
  CHECK(plain.user.empty());
  CHECK(plain.cwd == "/");
  CHECK(plain.network == graph::Network::build);
  const graph::Exec changed = run_of("USER a\nWORKDIR w\nUSER b:c\nRUN --network=none x\n");
  CHECK(changed.user == "b:c");
  CHECK(changed.cwd == "/w");
  CHECK(changed.network == graph::Network::none);

  Options options = options_for_test();
  options.network = graph::Network::none;
  options.allow_host_network = true;
  options.build_args["BUILDKIT_SANDBOX_HOSTNAME"] = "builder";
  CHECK(run_of("RUN x", options).network == graph::Network::none);
  CHECK(run_of("RUN --network=default x", options).network == graph::Network::none);
  CHECK(run_of("RUN --network=host x", options).network == graph::Network::host);
  CHECK(run_of("RUN x", options).hostname == "builder");
  CHECK(run_of("RUN x").hostname.empty());
}

TEST_CASE("a cache without an id is known by its target as it is written") {
  struct Row {
    std::string mount;
    std::string id, target;
  };

  const Row rows[] = {
      {"target=/c", "/c", "/c"},      {"target=c", "c", "/w/c"},
      {"target=./c/", "c", "/w/c"},   {"target=/a/../c//", "/c", "/c"},
      {"target=../c", "c", "/c"},     {"target=.", ".", "/w"},
      {"id=i,target=c", "i", "/w/c"}, {"id=$I,target=$T", "id", "/t"},
  };
  Options spaced = options_for_test();
  spaced.build_args["BUILDKIT_CACHE_MOUNT_NS"] = "space";
  for (const Row& row : rows) {
    CAPTURE(row.mount);
    const std::string lines =
        "ENV I=id T=/t\nWORKDIR /w\nRUN --mount=type=cache," + row.mount + " x";
    const graph::ExecMount mount = run_of(lines).mounts.at(0);
    CHECK(mount.id == row.id);
    CHECK(mount.target == row.target);
    CHECK(run_of(lines, spaced).mounts.at(0).id == "space/" + row.id);
  }
}

TEST_CASE("a mount is nowhere but beneath the root") {
  struct Row {
    std::string lines;
    std::string error;
  };

  const Row rows[] = {
      {"RUN --mount=target=/ x", "a mount cannot replace the root file system, write target=/PATH"},
      {"RUN --mount=target=/a/.. x",
       "a mount cannot replace the root file system, write target=/PATH"},
      {"RUN --mount=type=tmpfs x",
       "without a target the mount is on the working directory, write "
       "target=/PATH"},
      {"ARG T\nRUN --mount=target=/$T x",
       "a mount cannot replace the root file system, write target=/PATH"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.lines);
    CHECK(error_of([&] { lower_run(row.lines); }) == "invalid mount target \"/\": " + row.error);
  }
  CHECK(run_of("WORKDIR /w\nRUN --mount=type=tmpfs x").mounts.at(0).target == "/w");
}

TEST_CASE("agents without a target get sockets by their number") {
  const graph::Exec op = run_of(
      "RUN --mount=type=ssh --mount=type=tmpfs,target=/t --mount=type=ssh,target=/s,id=b "
      "--mount=type=ssh,id=c x");
  Strings targets;
  for (const graph::ExecMount& mount : op.mounts)
    targets.push_back(mount.target);
  CHECK(targets == Strings{"/run/buildkit/ssh_agent.0", "/t", "/s", "/run/buildkit/ssh_agent.2"});
}

TEST_CASE("what several mounts are taken from is one input") {
  const Lowered lowered = lower_run(
      "RUN --mount=target=/a --mount=from=base,target=/b --mount=target=/c "
      "--mount=type=cache,target=/d --mount=type=cache,from=base,target=/e "
      "--mount=type=secret,id=s --mount=from=scratch,target=/f x");
  const auto& op = std::get<graph::Exec>(root_of(lowered).op);
  std::vector<int> inputs;
  for (const graph::ExecMount& mount : op.mounts)
    inputs.push_back(mount.input);
  CHECK(inputs == std::vector<int>{1, 2, 1, -1, 2, -1, 3});
  const std::vector<graph::VertexId>& from = root_of(lowered).inputs;
  REQUIRE(from.size() == 4);
  CHECK(std::holds_alternative<graph::ContextSource>(lowered.graph[from[1]].op));
  CHECK(std::holds_alternative<graph::Exec>(lowered.graph[from[2]].op));
  CHECK(from[3] == graph::kNoInput);
}

TEST_CASE("messages about a step point to its user and to the words of its mounts") {
  const Lowered lowered = lower_text(
      "FROM debian\nENV U=app\nUSER $U\n"
      "RUN --mount=target=/a,source=$U --mount=type=secret,id=key --mount=target=/b x");
  const std::vector<graph::WrittenWord>& words = root_of(lowered).words;
  REQUIRE(words.size() == 4);
  CHECK(words[0].text == "app");
  CHECK(words[0].range.line == 3);
  CHECK(words[0].range.column == 6);
  CHECK(words[1].text == "app");  // the source
  CHECK(words[1].range.column == 30);
  CHECK(words[1].range.end_column == 32);
  CHECK(words[2].text == "key");
  CHECK(words[2].range.column == 56);
  CHECK(words[3].text == "/");  // no word of its own: all of the mount
  CHECK(words[3].range.column == 68);
}

TEST_CASE("the history of RUN tells what ran, its label what is written") {
  struct Row {
    std::string lines;
    std::string history, label;
  };

  const Row rows[] = {
      {"run --network=none  a  b", "RUN /bin/sh -c a  b # buildkit",
       "[stage-1 2/2] RUN --network=none  a  b"},
      {"RUN [\"a\", \"b c\"]", "RUN a b c # buildkit", "[stage-1 2/2] RUN [\"a\", \"b c\"]"},
      {"RUN <<E\n\n  first \nsecond\nE", "RUN /bin/sh -c \n  first \nsecond\n # buildkit",
       "[stage-1 2/2] RUN <<E (first...)"},
      {"RUN <<E\nonly\nE", "RUN /bin/sh -c only\n # buildkit", "[stage-1 2/2] RUN <<E (only)"},
      {"RUN a \\\n  b", "RUN /bin/sh -c a   b # buildkit", "[stage-1 2/2] RUN a   b"},
      {"ARG A=1\nARG B\nENV A=2\nRUN a", "RUN |2 A=2 B= /bin/sh -c a # buildkit",
       "[stage-1 2/2] RUN a"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.lines);
    const Lowered lowered = lower_run(row.lines);
    CHECK(last_history(lowered) == row.history);
    CHECK(root_of(lowered).label == row.label);
  }
}

TEST_CASE("what a step may not have is refused, with what to do") {
  struct Row {
    std::string lines;
    std::string error;
  };

  const Row rows[] = {
      {"RUN --network=host x",
       "--network=host is not allowed: build with --allow network.host, or remove the "
       "flag"},
      {"RUN --security=insecure x",
       "--security=insecure is not allowed: cbuild runs every step without privileges"},
      {"RUN --device=a/b=c x",
       "--device is not supported: cbuild gives a step no devices of this machine"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.lines);
    CHECK(error_of([&] { lower_run(row.lines); }) == row.error);
  }
  Options options = options_for_test();
  options.allow_insecure = true;
  CHECK(error_of([&] { lower_run("RUN --security=insecure x", options); }) ==
        "--security=insecure is not supported, even with --allow security.insecure: cbuild runs "
        "every step without privileges");
  CHECK_NOTHROW(lower_run("RUN --security=sandbox x"));
}
