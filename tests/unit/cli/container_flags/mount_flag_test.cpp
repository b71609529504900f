// --mount → what is to be mounted.
#include "src/cli/container_flags/mount_flag.h"

#include "src/cli/container_flags/caller_paths.h"
#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

using Type = MountRequest::Type;
using Propagation = MountRequest::Propagation;
using Recursion = MountRequest::Recursion;

const CallerPaths kCaller{.directory = "/work/app", .home = "/home/me"};

MountRequest mount(const std::string& text) {
  return parse_mount_flag(text, kCaller);
}

/// Without the flag and its value, which begin every refusal.
std::string refusal(const std::string& text) {
  const std::string message = refusal_of([&] { mount(text); });
  const std::string context = "--mount '" + text + "': ";
  if (!message.starts_with(context)) return message;
  return message.substr(context.size());
}

TEST_CASE("a mount without a type is a volume, without a source an anonymous one") {
  MountRequest wanted;
  wanted.target = "/data";
  CHECK(mount("target=/data") == wanted);
  wanted.source = "rows";
  CHECK(mount("source=rows,target=/data") == wanted);
  CHECK(mount("type=volume,src=rows,dst=/data") == wanted);
  CHECK(mount("TYPE=Volume,Source=rows,destination=/data/") == wanted);
}

TEST_CASE("the source of a bind is a path, relative to the caller") {
  struct Row {
    const char* source;
    const char* wanted;
  };

  const Row rows[] = {{"/srv/x", "/srv/x"},  {"/srv/../x/", "/x"}, {"./data", "/work/app/data"},
                      {".", "/work/app"},    {"../b", "/work/b"},  {".cache", "/work/app/.cache"},
                      {"~/c", "/home/me/c"}, {"~", "/home/me"}};
  for (const Row& row : rows) {
    CAPTURE(row.source);
    const MountRequest request = mount("type=bind,target=/t,source=" + std::string(row.source));
    CHECK(request.type == Type::bind);
    CHECK(request.source == row.wanted);
    CHECK_FALSE(request.create_source);
  }
}

TEST_CASE("the target is cleaned and never the root") {
  CHECK(mount("target=/a/./b//c/").target == "/a/b/c");
  CHECK(mount("target=/a/../../b").target == "/b");
  CHECK(refusal("target=data") == "invalid mount path: 'data' mount path must be absolute");
  CHECK(refusal("target=") == "invalid mount path: '' mount path must be absolute");
  for (const char* root : {"target=/", "target=/..", "target=/a/.."})
    CHECK(refusal(root) == "invalid specification: destination can't be '/'");
  CHECK(refusal("type=volume") == "target is required");
}

TEST_CASE("flags of a mount are true alone, or have a truth of Go") {
  for (const char* text : {"readonly", "ro", "readonly=true", "ro=1", "READONLY=T"})
    CHECK(mount("target=/t," + std::string(text)).read_only);
  for (const char* text : {"readonly=false", "ro=0", "ro=F", "ro,ro=false"})
    CHECK_FALSE(mount("target=/t," + std::string(text)).read_only);
  CHECK(refusal("target=/t,ro=yes") == "invalid value for ro: yes (want true or false)");
  CHECK_FALSE(mount("target=/t,volume-nocopy").copy_up);
  CHECK(mount("target=/t,volume-nocopy=false").copy_up);
  CHECK(mount("type=bind,src=/s,dst=/t,bind-create-src").create_source);
  CHECK_FALSE(mount("type=bind,src=/s,dst=/t,bind-create-src=false").create_source);
}

TEST_CASE("options of a bind") {
  struct Row {
    const char* word;
    Propagation wanted;
  };

  const Row rows[] = {{"rprivate", Propagation::rprivate}, {"private", Propagation::private_},
                      {"rslave", Propagation::rslave},     {"slave", Propagation::slave},
                      {"rshared", Propagation::rshared},   {"RShared", Propagation::rshared},
                      {"shared", Propagation::shared}};
  const std::string bind = "type=bind,src=/s,dst=/t,";
  for (const Row& row : rows)
    CHECK(mount(bind + "bind-propagation=" + row.word).propagation == row.wanted);
  CHECK(refusal(bind + "bind-propagation=up").starts_with("invalid propagation mode: up (want "));

  CHECK(mount(bind + "bind-recursive=disabled").recursion == Recursion::disabled);
  CHECK(mount(bind + "bind-recursive=enabled").recursion == Recursion::enabled);
  CHECK(mount(bind + "ro,bind-recursive=writable").recursion == Recursion::writable);
  CHECK(mount(bind + "bind-recursive=readonly,ro").recursion == Recursion::readonly);
  CHECK(refusal(bind + "bind-recursive=readonly") ==
        "option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction");
  CHECK(refusal(bind + "bind-recursive=writable") ==
        "option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction");
  CHECK(refusal(bind + "bind-recursive=x").starts_with("invalid value for bind-recursive: x"));
  CHECK(mount(bind + "bind-nonrecursive").recursion == Recursion::disabled);
  CHECK(mount(bind + "bind-nonrecursive=false").recursion == Recursion::enabled);
  CHECK(mount(bind + "ro,bind-recursive=readonly,bind-propagation=rprivate").read_only);
  CHECK(refusal(bind + "ro,bind-recursive=readonly,bind-propagation=rshared") ==
        "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in "
        "conjunction");
  CHECK(mount(bind + "consistency=cached").without_effect ==
        std::vector<std::string>{"consistency=cached"});
}

TEST_CASE("options of a volume") {
  const MountRequest request = mount(
      "src=rows,dst=/t,volume-label=a=b=c,volume-label=d,volume-driver=local,"
      "volume-opt=type=tmpfs,\"volume-opt=o=size=1m,uid=5\",volume-subpath=x/y");
  CHECK(request.labels == std::map<std::string, std::string>{{"a", "b=c"}, {"d", ""}});
  CHECK(request.driver == "local");
  CHECK(request.driver_options ==
        std::map<std::string, std::string>{{"type", "tmpfs"}, {"o", "size=1m,uid=5"}});
  CHECK(request.subpath == "x/y");
  CHECK(
      refusal("src=r$,dst=/t").starts_with("'r$' includes invalid characters for a local volume"));
  CHECK(refusal("src=r,dst=/t").starts_with("volume name is too short"));
  CHECK(refusal("src=/x,dst=/t").starts_with("'/x' includes invalid characters"));
  for (const char* path : {"/x", "..", "a/../b", "../x"}) {
    CHECK(refusal("src=rows,dst=/t,volume-subpath=" + std::string(path)) ==
          "subpath must be a relative path within the volume: '" + std::string(path) + "'");
  }
  CHECK(refusal("dst=/t,volume-subpath=a") ==
        "invalid mount config for type \"volume\": must not set Subpath when using anonymous "
        "volumes");
}

TEST_CASE("options of a tmpfs and of an image") {
  const MountRequest memory = mount("type=tmpfs,dst=/t,tmpfs-size=64m,tmpfs-mode=0700");
  CHECK(memory.type == Type::tmpfs);
  CHECK(memory.size == 64U << 20);
  CHECK(memory.mode == 0700U);
  CHECK_FALSE(mount("type=tmpfs,dst=/t").size.has_value());
  CHECK(refusal("type=tmpfs,dst=/t,tmpfs-size=x").starts_with("tmpfs-size 'x': want a size"));
  for (const char* mode : {"", "8", "10000", "-1", "0x1", "rwx"}) {
    CHECK(refusal("type=tmpfs,dst=/t,tmpfs-mode=" + std::string(mode))
              .starts_with("invalid value for tmpfs-mode: "));
  }
  CHECK(refusal("type=tmpfs,dst=/t,src=rows") ==
        "invalid mount config for type \"tmpfs\": field Source must not be specified");

  const MountRequest image = mount("type=image,src=debian:12,dst=/t,image-subpath=usr");
  CHECK(image.type == Type::image);
  CHECK(image.source == "debian:12");
  CHECK(image.subpath == "usr");
  CHECK(refusal("type=image,dst=/t") ==
        "invalid mount config for type \"image\": field Source must not be empty");
}

TEST_CASE("a bind needs a source that is a path") {
  CHECK(refusal("type=bind,dst=/t") ==
        "invalid mount config for type \"bind\": field Source must not be empty");
  CHECK(refusal("type=bind,src=data,dst=/t") ==
        "invalid mount config for type \"bind\": invalid mount path: 'data' mount path must be "
        "absolute");
  CHECK(refusal("type=bind,src=~other/x,dst=/t").starts_with("'~other/x': the home directory of"));
  CHECK(refusal_of([] {
          parse_mount_flag("type=bind,src=~/x,dst=/t", {.directory = "/", .home = ""});
        }).find("HOME is not set") != std::string::npos);
}

TEST_CASE("options of another type are refused, wherever the type stands") {
  CHECK(refusal("dst=/t,tmpfs-size=1m") == "cannot mix 'tmpfs-*' options with mount type 'volume'");
  CHECK(refusal("volume-nocopy,dst=/t,src=/s,type=bind") ==
        "cannot mix 'volume-*' options with mount type 'bind'");
  CHECK(refusal("type=tmpfs,dst=/t,bind-propagation=rslave") ==
        "cannot mix 'bind-*' options with mount type 'tmpfs'");
  CHECK(refusal("type=volume,dst=/t,image-subpath=x") ==
        "cannot mix 'image-*' options with mount type 'volume'");
}

TEST_CASE("words that are none of --mount are refused by name") {
  CHECK(refusal("type=overlay,dst=/t")
            .starts_with("invalid mount config for type \"overlay\": mount type unknown"));
  CHECK(refusal("type=,dst=/t") == "type is required");
  CHECK(refusal("target") == "invalid field 'target' must be a key=value pair");
  CHECK(refusal("") == "invalid field '' must be a key=value pair");
  CHECK(refusal("dst=/t,sorce=x") == "unexpected key 'sorce' in 'sorce=x' (did you mean source?)");
  CHECK(refusal("dst=/t,quux=x") == "unexpected key 'quux' in 'quux=x'");
  CHECK(refusal("dst=/t,\"x") != "accepted");
}

}  // namespace
}  // namespace cbuild::cli
