#include "cbuild/graph/op.h"

#include <doctest/doctest.h>

#include <functional>

using namespace cbuild;
using namespace cbuild::graph;

namespace {

template <typename T>
struct Change {
  const char* what;
  std::function<void(T&)> apply;
};

/// Every change gives a key that neither the unchanged operation nor any other change has.
template <typename T>
void check_all_differ(const T& op, const std::vector<Change<T>>& changes) {
  std::vector<oci::Digest> seen = {key_of(op)};
  for (const Change<T>& change : changes) {
    CAPTURE(change.what);
    T changed = op;
    change.apply(changed);
    const oci::Digest key = key_of(changed);
    for (const oci::Digest& other : seen)
      CHECK(key != other);
    seen.push_back(key);
  }
}

Exec run(std::vector<std::string> argv) {
  Exec op;
  op.argv = std::move(argv);
  return op;
}

}  // namespace

TEST_CASE("only image, context, http and git are sources") {
  CHECK(is_source(ImageSource{}));
  CHECK(is_source(ContextSource{}));
  CHECK(is_source(HttpSource{}));
  CHECK(is_source(GitSource{}));
  CHECK_FALSE(is_source(Exec{}));
  CHECK_FALSE(is_source(Copy{}));
  CHECK_FALSE(is_source(MakeDirectory{}));
  CHECK_FALSE(is_source(Rebase{}));
}

TEST_CASE("operations of different kinds never have the same key") {
  const std::vector<Op> ops = {ImageSource{}, ContextSource{}, HttpSource{},    GitSource{},
                               Exec{},        Copy{},          MakeDirectory{}, Rebase{}};
  for (std::size_t i = 0; i < ops.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      CHECK(key_of(ops[i]) != key_of(ops[j]));
  }
}

TEST_CASE("an image is known by its layers, not by its name") {
  ImageSource one;
  one.diff_ids = {oci::Digest::of("a"), oci::Digest::of("b")};
  ImageSource mirrored = one;
  mirrored.reference.registry = "mirror.example";
  mirrored.manifest = oci::Digest::of("other compression");
  CHECK(key_of(one) == key_of(mirrored));

  ImageSource other = one;
  other.diff_ids.pop_back();
  CHECK(key_of(one) != key_of(other));
}

TEST_CASE("each field that decides the outcome of RUN is in its key") {
  Exec base = run({"/bin/sh", "-c", "make"});
  base.env = {"A=1"};
  check_all_differ<Exec>(base,
                         {
                             {"argv", [](Exec& op) { op.argv.back() = "make all"; }},
                             {"argv split",
                              [](Exec& op) {
                                op.argv = {"/bin/sh", "-c", "ma", "ke"};
                              }},
                             {"env value", [](Exec& op) { op.env = {"A=2"}; }},
                             {"env more",
                              [](Exec& op) {
                                op.env = {"A=1", "B="};
                              }},
                             {"cwd", [](Exec& op) { op.cwd = "/src"; }},
                             {"user", [](Exec& op) { op.user = "app"; }},
                             {"network", [](Exec& op) { op.network = Network::none; }},
                             {"hostname", [](Exec& op) { op.hostname = "box"; }},
                             {"script", [](Exec& op) { op.script = "#!/bin/sh\n"; }},
                             {"script path", [](Exec& op) { op.script_path = "/dev/pipes/EOF"; }},
                             {"mount", [](Exec& op) { op.mounts.push_back({}); }},
                             {"two mounts", [](Exec& op) { op.mounts.resize(2); }},
                         });
}

TEST_CASE("proxy settings are part of no key") {
  Exec with = run({"make"});
  with.unkeyed_env = {"HTTP_PROXY=http://proxy"};
  CHECK(key_of(with) == key_of(run({"make"})));
}

TEST_CASE("each field of a mount is in the key") {
  const auto change = [](auto set) { return [set](Exec& op) { set(op.mounts.at(0)); }; };
  Exec op = run({"make"});
  op.mounts.push_back({});
  check_all_differ<Exec>(
      op, {
              {"type", change([](ExecMount& m) { m.type = ExecMount::Type::cache; })},
              {"secret", change([](ExecMount& m) { m.type = ExecMount::Type::secret; })},
              {"input", change([](ExecMount& m) { m.input = 1; })},
              {"source", change([](ExecMount& m) { m.source = "/a"; })},
              {"target", change([](ExecMount& m) { m.target = "/a"; })},
              {"id", change([](ExecMount& m) { m.id = "/a"; })},
              {"read_only", change([](ExecMount& m) { m.read_only = false; })},
              {"sharing", change([](ExecMount& m) { m.sharing = ExecMount::Sharing::locked; })},
              {"mode", change([](ExecMount& m) { m.mode = 0; })},
              {"uid", change([](ExecMount& m) { m.uid = 0; })},
              {"gid", change([](ExecMount& m) { m.gid = 0; })},
              {"size", change([](ExecMount& m) { m.size = 1; })},
              {"required", change([](ExecMount& m) { m.required = true; })},
              {"env", change([](ExecMount& m) { m.env = "TOKEN"; })},
          });
}

TEST_CASE("each field of COPY is in its key") {
  Copy base;
  base.sources = {"ab", "c"};
  base.destination = "/d";
  check_all_differ<Copy>(base, {
                                   {"source",
                                    [](Copy& op) {
                                      op.sources = {"a", "bc"};
                                    }},
                                   {"order",
                                    [](Copy& op) {
                                      op.sources = {"c", "ab"};
                                    }},
                                   {"inline",
                                    [](Copy& op) {
                                      op.inline_files = {{"f", ""}};
                                    }},
                                   {"inline content",
                                    [](Copy& op) {
                                      op.inline_files = {{"f", "x"}};
                                    }},
                                   {"destination", [](Copy& op) { op.destination = "/d/"; }},
                                   {"owner", [](Copy& op) { op.owner = "0"; }},
                                   {"mode", [](Copy& op) { op.mode = "0"; }},
                                   {"unpack", [](Copy& op) { op.unpack_archives = true; }},
                                   {"downloads", [](Copy& op) { op.unpack_downloads = true; }},
                                   {"inputs",
                                    [](Copy& op) {
                                      op.source_inputs = {1, 2};
                                    }},
                                   {"parents", [](Copy& op) { op.parents = true; }},
                                   {"link", [](Copy& op) { op.link = true; }},
                                   {"exclude", [](Copy& op) { op.excludes = {"ab"}; }},
                                   {"from", [](Copy& op) { op.from_context = false; }},
                               });
}

TEST_CASE("each field of the other operations is in their keys") {
  check_all_differ<ContextSource>({}, {{"name", [](ContextSource& op) { op.name = "x"; }}});
  check_all_differ<HttpSource>({},
                               {{"url", [](HttpSource& op) { op.url = "x"; }},
                                {"checksum", [](HttpSource& op) { op.checksum = oci::Digest(); }}});
  check_all_differ<GitSource>({}, {{"url", [](GitSource& op) { op.url = "x"; }},
                                   {"ref", [](GitSource& op) { op.ref = "x"; }},
                                   {"subdirectory", [](GitSource& op) { op.subdirectory = "x"; }},
                                   {"checksum", [](GitSource& op) { op.checksum = "x"; }},
                                   {"keep", [](GitSource& op) { op.keep_git_directory = true; }},
                                   {"unasked", [](GitSource& op) { op.fetch_by_commit = true; }},
                                   {"bare", [](GitSource& op) { op.submodules = false; }}});
  check_all_differ<MakeDirectory>({}, {{"path", [](MakeDirectory& op) { op.path = "/x"; }},
                                       {"user", [](MakeDirectory& op) { op.user = "/x"; }}});
}
