// -v and --tmpfs → what is to be mounted.
#include "src/cli/container_flags/volume_flag.h"

#include "src/cli/container_flags/caller_paths.h"
#include "src/cli/container_flags/tmpfs_flag.h"
#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

using Type = MountRequest::Type;
using Propagation = MountRequest::Propagation;

const CallerPaths kCaller{.directory = "/work/app", .home = "/home/me"};

MountRequest volume(const std::string& text) {
  return parse_volume_flag(text, kCaller);
}

std::string refusal(const std::string& text) {
  const std::string message = refusal_of([&] { volume(text); });
  const std::string context = "-v '" + text + "': ";
  return message.starts_with(context) ? message.substr(context.size()) : message;
}

std::string tmpfs_refusal(const std::string& text) {
  const std::string message = refusal_of([&] { parse_tmpfs_flag(text); });
  const std::string context = "--tmpfs '" + text + "': ";
  return message.starts_with(context) ? message.substr(context.size()) : message;
}

TEST_CASE("a source that begins with / . or ~ is a path, another one names a volume") {
  struct Row {
    const char* text;
    Type type;
    const char* source;
    const char* target;
  };

  const Row rows[] = {{"/data", Type::volume, "", "/data"},
                      {"rows:/data", Type::volume, "rows", "/data"},
                      {"a.b-c_9:/data/", Type::volume, "a.b-c_9", "/data"},
                      {"/srv:/data", Type::bind, "/srv", "/data"},
                      {"./src:/data", Type::bind, "/work/app/src", "/data"},
                      {".:/data", Type::bind, "/work/app", "/data"},
                      {"..:/data", Type::bind, "/work", "/data"},
                      {".env:/data", Type::bind, "/work/app/.env", "/data"},
                      {"~:/data", Type::bind, "/home/me", "/data"},
                      {"~/x:/data:rw", Type::bind, "/home/me/x", "/data"}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const MountRequest request = volume(row.text);
    CHECK(request.type == row.type);
    CHECK(request.source == row.source);
    CHECK(request.target == row.target);
    CHECK(request.create_source == (row.type == Type::bind));
    CHECK_FALSE(request.read_only);
    CHECK(request.copy_up);
  }
}

TEST_CASE("options of -v, one of each kind") {
  CHECK(volume("/s:/t:ro").read_only);
  CHECK(volume("rows:/t:ro,nocopy").read_only);
  CHECK_FALSE(volume("rows:/t:nocopy").copy_up);
  CHECK(volume("/s:/t:U").change_owner);
  CHECK(volume("/s:/t:rslave").propagation == Propagation::rslave);
  CHECK(volume("/s:/t:rshared,ro,Z").propagation == Propagation::rshared);
  CHECK(volume("/s:/t:z,cached").without_effect == std::vector<std::string>{"z", "cached"});
  CHECK(volume("rows:/t:delegated,Z").without_effect == std::vector<std::string>{"delegated", "Z"});
  CHECK(volume("/s:/t:consistent").without_effect == std::vector<std::string>{"consistent"});
}

TEST_CASE("options of -v that contradict or do not fit are refused") {
  CHECK(refusal("/s:/t:x") == "invalid mode: x");
  CHECK(refusal("/s:/t:ro,x") == "invalid mode: ro,x");
  CHECK(refusal("/s:/t:,") == "invalid mode: ,");
  CHECK(refusal("/s:/t:RO") == "invalid mode: RO");
  for (const char* mode : {"ro,rw", "ro,ro", "z,Z", "rslave,rshared", "cached,delegated"})
    CHECK(refusal("/s:/t:" + std::string(mode)).starts_with("invalid mode: " + std::string(mode)));
  CHECK(refusal("/s:/t:nocopy") == "invalid mode: nocopy (nocopy is for volumes only)");
  CHECK(refusal("rows:/t:rslave") ==
        "invalid mode: rslave (rslave is for directories of this machine only)");
}

TEST_CASE("what is no -v is refused with the text") {
  CHECK(refusal("") == "invalid empty volume spec");
  for (const char* text : {":/t", "/s:", "/s:/t:", "::", "/s::ro"}) {
    CHECK(refusal(text) == "invalid spec: " + std::string(text) + ": empty section between colons");
  }
  CHECK(refusal("/a:/b:ro:x") == "invalid spec: /a:/b:ro:x: too many colons");
  for (const char* text : {"/data:ro", "/data:z,ro"})
    CHECK(refusal(text) == "invalid volume specification: '" + std::string(text) + "'");
  CHECK(refusal("data") == "invalid mount path: 'data' mount path must be absolute");
  CHECK(refusal("/s:t") == "invalid mount path: 't' mount path must be absolute");
  CHECK(refusal("/s:/") == "invalid specification: destination can't be '/'");
  CHECK(refusal("a/b:/t").starts_with("'a/b' includes invalid characters for a local volume name"));
  CHECK(refusal("_a:/t").starts_with("'_a' includes invalid characters"));
  CHECK(refusal("a:/t").starts_with("volume name is too short"));
  CHECK(refusal("\x1b[1m:/t").find('\x1b') == std::string::npos);
}

TEST_CASE("--tmpfs has sizes, owners and flags of mount(8)") {
  const MountRequest plain = parse_tmpfs_flag("/run");
  CHECK(plain.type == Type::tmpfs);
  CHECK(plain.target == "/run");
  CHECK(plain.flags.empty());
  CHECK(parse_tmpfs_flag("/run:") == plain);

  const MountRequest full =
      parse_tmpfs_flag("/run/x/:size=64m,mode=1770,uid=5,gid=0,noexec,nosuid,ro");
  CHECK(full.target == "/run/x");
  CHECK(full.size == 64U << 20);
  CHECK(full.mode == 01770U);
  CHECK(full.uid == 5U);
  CHECK(full.gid == 0U);
  CHECK(full.read_only);
  CHECK(full.flags == std::vector<std::string>{"noexec", "nosuid"});
  CHECK_FALSE(parse_tmpfs_flag("/run:ro,rw").read_only);
}

TEST_CASE("what is no --tmpfs is refused") {
  CHECK(tmpfs_refusal("run") == "invalid mount path: 'run' mount path must be absolute");
  CHECK(tmpfs_refusal("/:size=1m") == "invalid specification: destination can't be '/'");
  CHECK(tmpfs_refusal("/run:foo") == "invalid tmpfs option 'foo'");
  CHECK(tmpfs_refusal("/run:noexec,") == "invalid tmpfs option ''");
  CHECK(tmpfs_refusal("/run:nr_inodes=5") == "invalid tmpfs option 'nr_inodes'");
  CHECK(tmpfs_refusal("/run:size=lots").starts_with("size 'lots': want a size"));
  CHECK(tmpfs_refusal("/run:mode=999").starts_with("invalid value for mode: 999"));
  for (const char* id : {"", "root", "-1", "4294967295"}) {
    CHECK(tmpfs_refusal("/run:uid=" + std::string(id)) ==
          "invalid value for uid: " + std::string(id) + " (want a number)");
  }
}

}  // namespace
}  // namespace cbuild::cli
