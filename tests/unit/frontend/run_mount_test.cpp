// The --mount flag of RUN.
#include "frontend/dockerfile/run_mount.h"

#include <doctest/doctest.h>

#include <limits>

#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/parse.h"
#include "tests/support/errors.h"

namespace cbuild::frontend {

namespace {

using Type = graph::ExecMount::Type;
using Sharing = graph::ExecMount::Sharing;

ast::Run run_with(const std::string& options) {
  return std::get<ast::Run>(parse_instruction("RUN --mount=" + options + " x"));
}

graph::ExecMount mount(const std::string& options) {
  return evaluate_mount(run_with(options).mounts.at(0),
                        [](const ast::Word& word) { return word.text; });
}

/// The message about `options`; "" when they are taken.
std::string refusal(const std::string& options) {
  return error_of([&] { mount(options); });
}

}  // namespace

TEST_CASE("RUN --mount") {
  const auto bind = mount("target=/t,from=base,source=a,rw");
  CHECK(bind.type == Type::bind);
  CHECK(bind.target == "/t");
  CHECK(bind.source == "a");
  CHECK_FALSE(bind.read_only);
  CHECK(mount("dst=/t").read_only);
  CHECK(mount("dst=/t").source == "/");
  CHECK(mount("dst=/t,readonly=false").read_only == false);
  CHECK(mount("dst=/t,rw,ro").read_only);
  CHECK_FALSE(mount("dst=/t,ro,rw").read_only);

  const auto cache = mount("type=cache,dst=/c,sharing=LOCKED,uid=5,gid=6,mode=0700,id=x");
  CHECK(cache.sharing == Sharing::locked);
  CHECK(cache.uid == 5);
  CHECK(cache.gid == 6);
  CHECK(cache.mode == 0700);
  CHECK(cache.id == "x");
  CHECK_FALSE(cache.read_only);
  CHECK_FALSE(mount("type=cache,dst=/c").mode);

  CHECK(mount("type=tmpfs,target=/t,size=1.5g").size == 1536ULL << 20);
  CHECK(mount("type=tmpfs,target=/t,size=64m").size == 64ULL << 20);
  CHECK(mount("type=tmpfs,target=/t,size=10").size == 10);

  const auto secret = mount("type=secret,id=a/key,required");
  CHECK(secret.target == "/run/secrets/key");
  CHECK(secret.mode == 0400);
  CHECK(secret.required);
  CHECK(mount("type=secret,target=/x/key").id == "key");
  CHECK(mount("type=secret,id=k,env=K").target.empty());
  CHECK(mount("type=secret,id=k,env=K,target=/t").target == "/t");
  CHECK(mount("type=secret,id=k,env=").env == "k");
  CHECK(mount("type=ssh").id == "default");
  // what means nothing to a type is ignored, as BuildKit does
  CHECK(mount("dst=/t,id=x,env=E").id.empty());
  CHECK(mount("dst=/t,id=x,env=E").env.empty());
  CHECK(mount("type=tmpfs,dst=/t,source=/s,id=x").source.empty());
  CHECK_FALSE(run_with("type=tmpfs,dst=/t,from=no").mounts[0].from);
  CHECK(mount("type=ssh,source=/s,env=E").source.empty());
  CHECK(mount("'\"target=/a,b\",ro'").target == "/a,b");

  // What means nothing for a type, but is no error to BuildKit or buildah either.
  CHECK(mount("dst=/t,Z,relabel=shared,bind-propagation=rslave,rw").read_only == false);
  CHECK(mount("type=bind,dst=/t,id=x,env=Y").target == "/t");
  CHECK(mount("type=tmpfs,dst=/t,from=base,ro").read_only);
}

TEST_CASE("the type of a mount may be a variable") {
  const auto run = run_with("type=$T,target=/t,sharing=locked");
  const auto with = [&](const std::string& type) {
    return evaluate_mount(
        run.mounts[0], [&](const ast::Word& word) { return word.text == "$T" ? type : word.text; });
  };
  CHECK(with("cache").type == Type::cache);
  CHECK(with("cache").sharing == Sharing::locked);
  CHECK_THROWS_WITH(with("chache"), "unsupported mount type \"chache\" (did you mean cache?)");
  CHECK_THROWS_WITH(with("bind"), "invalid cache sharing set for bind mount");
}

TEST_CASE("values of mounts with variables are checked when they are expanded") {
  const auto run = run_with("type=cache,target=$T,uid=$U");
  const auto give = [](const std::string& uid) {
    return [=](const ast::Word& word) { return word.text == "$U" ? uid : std::string("/t"); };
  };
  CHECK(evaluate_mount(run.mounts[0], give("7")).uid == 7);
  CHECK_THROWS_WITH(evaluate_mount(run.mounts[0], give("bob")),
                    "invalid value bob for uid (want a number from 0 to 4294967295)");
}

TEST_CASE("what a mount may do when nothing is said of it") {
  struct Row {
    std::string type;
    bool read_only;
    std::optional<std::uint32_t> mode;
    std::string id, source, target;
  };

  const Row rows[] = {
      {"bind", true, std::nullopt, "", "/", "/t"},  {"cache", false, std::nullopt, "", "/", "/t"},
      {"tmpfs", false, std::nullopt, "", "", "/t"}, {"secret", true, 0400, "t", "", "/t"},
      {"ssh", true, 0600, "default", "", "/t"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.type);
    const graph::ExecMount result = mount("target=/t,TYPE=" + row.type);
    CHECK(result.read_only == row.read_only);
    CHECK(result.mode == row.mode);
    CHECK(result.id == row.id);
    CHECK(result.source == row.source);
    CHECK(result.target == row.target);
    CHECK_FALSE(result.required);
    CHECK_FALSE(result.size);
    CHECK_FALSE(result.uid);
    CHECK(result.sharing == Sharing::shared);
    CHECK(result.input == -1);
  }
  CHECK(mount("target=/t").type == Type::bind);
  CHECK(mount("type=Secret,id=a").type == Type::secret);
}

TEST_CASE("options have other names, in any letters") {
  for (const char* target : {"target=/t", "dst=/t", "destination=/t", "TARGET=/t", "Dst=/t"})
    CHECK(mount(target).target == "/t");
  for (const char* source : {"source=s", "src=s", "SRC=s"})
    CHECK(mount(std::string("target=/t,") + source).source == "s");
  for (const char* writable : {"rw", "readwrite", "RW", "ro=false", "readonly=0"})
    CHECK_FALSE(mount(std::string("target=/t,") + writable).read_only);
  CHECK(mount("target=/t,target=/u,dst=/v").target == "/v");             // the last one counts
  CHECK(mount("type=tmpfs,type=secret,target=/t").type == Type::tmpfs);  // but of types the first
}

TEST_CASE("flags of mounts take what Go takes for a boolean") {
  for (const char* yes : {"1", "t", "T", "true", "True", "TRUE"}) {
    CAPTURE(yes);
    CHECK(mount(std::string("type=secret,id=a,required=") + yes).required);
  }
  for (const char* no : {"0", "f", "F", "false", "False", "FALSE"}) {
    CAPTURE(no);
    CHECK_FALSE(mount(std::string("type=secret,id=a,required=") + no).required);
    CHECK(mount(std::string("target=/t,rw=") + no).read_only);
  }
  for (const char* neither : {"yes", "on", "tRUE", "2", "", " true"}) {
    CAPTURE(neither);
    CHECK(refusal(std::string("'target=/t,rw=") + neither + "'") ==
          std::string("invalid value for readwrite: ") + neither + " (want true or false)");
  }
}

TEST_CASE("numbers of mounts have 32 bits") {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  CHECK(mount("type=cache,target=/t,uid=0,gid=4294967295").uid == 0);
  CHECK(mount("type=cache,target=/t,gid=4294967295").gid == kMost);
  CHECK(mount("type=cache,target=/t,uid=0000000000000000000000007").uid == 7);
  CHECK(mount("type=cache,target=/t,mode=37777777777").mode == kMost);
  CHECK(mount("type=cache,target=/t,mode=1777").mode == 01777);
  for (const char* wrong : {"4294967296", "99999999999999999999999", "-1", "+1", "0x1", "1.0",
                            "root", "1a", "\u0661"}) {
    CAPTURE(wrong);
    const std::string value = wrong;
    CHECK(refusal("type=cache,target=/t,uid=" + value) ==
          "invalid value " + value + " for uid (want a number from 0 to 4294967295)");
    CHECK(refusal("type=cache,target=/t,gid=" + value) ==
          "invalid value " + value + " for gid (want a number from 0 to 4294967295)");
  }
  for (const char* wrong : {"40000000000", "8", "0o755", "u=rwx", "-1"}) {
    CAPTURE(wrong);
    const std::string value = wrong;
    CHECK(refusal("type=cache,target=/t,mode=" + value) ==
          "invalid value " + value + " for mode (want octal digits, as 0755)");
  }
}

TEST_CASE("sizes of tmpfs are written as in docker run") {
  struct Row {
    const char* text;
    std::uint64_t bytes;
  };

  const Row rows[] = {
      {"0", 0},           {"10", 10},       {"10b", 10},
      {"1k", 1024},       {"1K", 1024},     {"1kb", 1024},
      {"1KiB", 1024},     {"1 m", 1 << 20}, {"1.5g", 3ULL << 29},
      {"1.", 1},          {".5k", 512},     {"2t", 2ULL << 40},
      {"1p", 1ULL << 50}, {"0.1k", 102},    {"7p", 7ULL << 50},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(mount(std::string("'type=tmpfs,target=/t,size=") + row.text + "'").size == row.bytes);
  }
  for (const char* wrong : {"", "k", ".", "-1", "1kk", "1x", "1bk", "1.2.3", "1e3", "9999p", "1i",
                            "99999999999999999999", "unlimited"}) {
    CAPTURE(wrong);
    CHECK(refusal(std::string("type=tmpfs,target=/t,size=") + wrong) ==
          std::string("invalid value for size: ") + wrong + " (write 64m or 1g)");
  }
  CHECK(refusal("type=tmpfs,target=/t,size=1" + std::string(60'000, '0')) != "");
}

TEST_CASE("which option a type of mount may have") {
  struct Row {
    std::string option;
    std::string types;  ///< that refuse it
    std::string error;  ///< {} is the type
  };

  const Row rows[] = {
      {"from=a", "secret", "{} mount should not have a from"},
      {"sharing=shared", "bind tmpfs ssh", "invalid cache sharing set for {} mount"},
      {"sharing=shared", "secret", "{} mount should not define sharing"},
      {"mode=0", "bind tmpfs", "mode not allowed for \"{}\" type mounts"},
      {"uid=0", "bind tmpfs", "uid not allowed for \"{}\" type mounts"},
      {"gid=0", "bind tmpfs", "gid not allowed for \"{}\" type mounts"},
      {"size=1", "bind cache secret ssh", "unexpected key 'size' for mount type '{}'"},
      {"required", "bind cache tmpfs", "unexpected key 'required' for mount type '{}'"},
      {"id=a", "", ""},
      {"env=A", "", ""},
      {"source=a", "", ""},
      {"ro", "", ""},
      {"rw", "", ""},
  };
  for (const Row& row : rows) {
    for (const std::string type : {"bind", "cache", "tmpfs", "secret", "ssh"}) {
      if (row.error.find("define") != std::string::npos && type != "secret") continue;
      if (row.error.find("cache sharing") != std::string::npos && type == "secret") continue;
      CAPTURE(row.option);
      CAPTURE(type);
      const bool refused = holds(row.types, type);
      CHECK(refusal("target=/t,type=" + type + "," + row.option) ==
            (refused ? fmt::format(fmt::runtime(row.error), type) : ""));
    }
  }
}

TEST_CASE("what podman's users write of labels and propagation is taken, without effect") {
  const graph::ExecMount plain = mount("target=/t");
  for (const char* option : {"z", "Z", "relabel=shared", "bind-propagation=rslave",
                             "bind-nonrecursive=true", "consistency=cached", "private", "rprivate",
                             "shared", "rshared", "slave", "rslave", "nodev", "noexec", "nosuid"}) {
    CAPTURE(option);
    CHECK(mount(std::string("target=/t,") + option).read_only == plain.read_only);
  }
}

TEST_CASE("a secret is known by its id, its source or its target, in this order") {
  struct Row {
    std::string options;
    std::string id, target, env;
  };

  const Row rows[] = {
      {"id=a", "a", "/run/secrets/a", ""},
      {"source=a", "a", "/run/secrets/a", ""},
      {"id=dir/a", "dir/a", "/run/secrets/a", ""},
      {"id=dir/a//", "dir/a//", "/run/secrets/a", ""},
      {"target=/x/a", "a", "/x/a", ""},
      {"target=a", "a", "a", ""},
      {"id=a,target=/x/b", "a", "/x/b", ""},
      {"id=a,env=E", "a", "", "E"},
      {"id=a,env=", "a", "", "a"},
      {"id=a,env=E,target=/x", "a", "/x", "E"},
      {"id=,source=a", "a", "/run/secrets/a", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    const graph::ExecMount result = mount("type=secret," + row.options);
    CHECK(result.id == row.id);
    CHECK(result.target == row.target);
    CHECK(result.env == row.env);
    CHECK(result.source.empty());
  }
  CHECK(refusal("type=secret,id=a,source=b") == "both source and id can't be set");
  CHECK(refusal("type=secret,env=A") == "invalid secret mount. one of source, target required");
}

TEST_CASE("an option that is none is refused with what may be meant") {
  struct Row {
    std::string options;
    std::string error;
  };

  const Row rows[] = {
      {"taget=/t", "unexpected key 'taget' in 'taget=/t' (did you mean target?)"},
      {"Target", "invalid field 'Target' must be a key=value pair"},
      {"target=/t,type", "invalid field 'type' must be a key=value pair"},
      {"target=/t,type=", "unsupported mount type \"\""},
      {"target=/t,", "invalid field '' must be a key=value pair"},
      {"=/t", "unexpected key '' in '=/t'"},
      {"\"a\x1b=1\"", "unexpected key 'a\\x1b' in 'a\\x1b=1'"},
      {"target=/t,type=Chache", "unsupported mount type \"Chache\" (did you mean cache?)"},
      {"target=/t,type=volume", "unsupported mount type \"volume\""},
      {"target=/t,from=a$b",
       "'from' doesn't support variable expansion, define alias stage instead"},
      {"type=cache,target=/t,sharing=", "unsupported sharing value \"\""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    CHECK(refusal(row.options) == row.error);
  }
  CHECK_FALSE(run_with("target=/t,from=").mounts[0].from);
}

TEST_CASE("an option that only variables make wrong is found when they are known") {
  const ast::RunMount of_type = run_with("type=$T,target=/t,uid=5,from=a").mounts[0];
  const auto with = [&](const std::string& type) {
    return error_of([&] {
      evaluate_mount(of_type,
                     [&](const ast::Word& word) { return word.text == "$T" ? type : word.text; });
    });
  };
  CHECK(with("cache") == "");
  CHECK(with("bind") == "uid not allowed for \"bind\" type mounts");
  CHECK(with("secret") == "secret mount should not have a from");
  CHECK(with("") == "unsupported mount type \"\"");
}

}  // namespace cbuild::frontend
