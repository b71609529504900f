// What the sandbox is told for a RUN.
#include "src/ops/exec_spec.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "cbuild/graph/network.h"
#include "cbuild/graph/op.h"
#include "cbuild/image/users.h"
#include "cbuild/ops/run_settings.h"
#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/network.h"
#include "cbuild/sandbox/spec.h"

namespace cbuild::ops {

namespace {

sandbox::Spec spec_of(const graph::Exec& op, const image::Identity& identity = {}) {
  return make_spec(op, identity, {});
}

}  // namespace

TEST_CASE("the environment is the image's, completed, and nothing of the caller's") {
  const std::string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const std::string host = "HOSTNAME=buildkitsandbox";

  struct Row {
    std::vector<std::string> env, unkeyed, expected;
  };

  const Row rows[] = {
      {{}, {}, {path, "HOME=/home/app", host}},
      {{"PATH=/x", "HOME=/h", "HOSTNAME=n"}, {}, {"PATH=/x", "HOME=/h", "HOSTNAME=n"}},
      {{"SECRET", "=x", "", "A=", "B=1=2"}, {}, {"A=", "B=1=2", path, "HOME=/home/app", host}},
      {{"PATHS=1", "HOME"}, {}, {"PATHS=1", path, "HOME=/home/app", host}},
      {{"PATH="}, {}, {"PATH=", "HOME=/home/app", host}},
      {{"A=1"}, {"http_proxy=p", "x"}, {"A=1", "http_proxy=p", path, "HOME=/home/app", host}},
      {{"no_proxy=own"}, {"no_proxy=p"}, {"no_proxy=own", path, "HOME=/home/app", host}},
  };
  for (const Row& row : rows) {
    graph::Exec op;
    op.env = row.env;
    op.unkeyed_env = row.unkeyed;
    CHECK(spec_of(op, {{1, 1}, {}, "/home/app"}).env == row.expected);
  }
}

TEST_CASE("identity and directory are passed on") {
  graph::Exec op;
  op.argv = {"/bin/sh", "-c", "true"};
  op.cwd = "/work";
  const sandbox::Spec spec = spec_of(op, {{1000, 1001}, {10, 20}, "/"});
  CHECK(spec.argv == op.argv);
  CHECK(spec.cwd == "/work");
  CHECK(spec.uid == 1000);
  CHECK(spec.gid == 1001);
  CHECK(spec.groups == std::vector<std::uint32_t>{10, 20});
  CHECK(spec.hostname == "buildkitsandbox");
  CHECK(spec.shm_size == 64 << 20);
  CHECK(spec.limits.empty());
  CHECK(spec.mounts.empty());

  op.cwd.clear();
  CHECK(spec_of(op).cwd == "/");
}

TEST_CASE("the host name is in the environment") {
  graph::Exec op;
  op.hostname = "box";
  const sandbox::Spec spec = spec_of(op);
  CHECK(spec.hostname == "box");
  CHECK(spec.env.back() == "HOSTNAME=box");
}

TEST_CASE("limits and the size of /dev/shm are passed on") {
  RunSettings settings;
  settings.limits = {{7, 10, 20}};
  settings.shm_size = 4096;
  const sandbox::Spec spec = make_spec({}, {}, settings);
  CHECK(spec.limits == settings.limits);
  CHECK(spec.shm_size == 4096);
}

TEST_CASE("a heredoc script is a file that can be executed, in memory") {
  graph::Exec op;
  op.script_path = "/dev/pipes/EOF";
  op.script = "#!/bin/x\n";
  const sandbox::Spec spec = spec_of(op);
  REQUIRE(spec.mounts.size() == 1);
  const auto& file = std::get<sandbox::MemoryFile>(spec.mounts[0]);
  CHECK(file.target == "/dev/pipes/EOF");
  CHECK(file.content == "#!/bin/x\n");
  CHECK(file.mode == 0755);
}

TEST_CASE("a lent variable takes the place of the image's, except the address of its own agent") {
  std::vector<std::string> env = {"KEY=image", "KEYS=1", "SSH_AUTH_SOCK=/own"};
  add_lent_variables(env, {"KEY=secret", "SSH_AUTH_SOCK=/lent", "NEW=1"});
  CHECK(env == std::vector<std::string>{"KEYS=1", "SSH_AUTH_SOCK=/own", "KEY=secret", "NEW=1"});
  env = {};
  add_lent_variables(env, {"SSH_AUTH_SOCK=/lent"});
  CHECK(env == std::vector<std::string>{"SSH_AUTH_SOCK=/lent"});
}

}  // namespace cbuild::ops
