// Which interpreter runs which programs.
#include "cbuild/sandbox/emulation.h"

#include <doctest/doctest.h>

namespace cbuild::sandbox {

namespace {

constexpr const char* kArm64 =
    R"(:qemu-aarch64:M::\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00)"
    R"(:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff)"
    R"(:/usr/bin/qemu-aarch64-static:OPF)";

}  // namespace

TEST_CASE("a line of binfmt.d is about programs of its processor only") {
  const auto format = parse_binfmt_line(kArm64);
  REQUIRE(format);
  CHECK(format->name == "qemu-aarch64");
  CHECK(format->interpreter == "/usr/bin/qemu-aarch64-static");
  CHECK(format->flags == "OPF");
  CHECK(format->magic.size() == 20);
  CHECK(matches(*format, program_header("arm64")));
  for (const char* other : {"amd64", "arm", "386", "riscv64", "s390x", "ppc64le", "mips64"}) {
    CAPTURE(other);
    CHECK(program_header(other).size() == 64);
    CHECK_FALSE(matches(*format, program_header(other)));
  }
  CHECK(program_header("z80").empty());
  CHECK_FALSE(matches(*format, ""));
}

TEST_CASE("what the kernel says of a format") {
  const auto format = parse_binfmt_entry("qemu-s390x",
                                         "enabled\ninterpreter /usr/bin/q\nflags: PF\noffset 0\n"
                                         "magic 7f454c4602020100000000000000000000020016\n"
                                         "mask ffffffffffffff00fffffffffffffffffffeffff\n");
  REQUIRE(format);
  CHECK(format->enabled);
  CHECK(format->flags == "PF");
  CHECK(format->interpreter == "/usr/bin/q");
  CHECK(matches(*format, program_header("s390x")));
  CHECK_FALSE(matches(*format, program_header("arm64")));
  const auto off = parse_binfmt_entry("q", "disabled\ninterpreter /q\nmagic 7f\n");
  REQUIRE(off);
  CHECK_FALSE(off->enabled);
  CHECK_FALSE(parse_binfmt_entry("jar", "enabled\ninterpreter /j\nextension .jar\n"));
}

TEST_CASE("lines that describe no magic are none of ours") {
  for (const char* line :
       {"", "#", "# comment", ":a:E::jar::/usr/bin/jexec:", ":a:M::\\x7:\\xff:/q:",
        ":a:M:x:\\x7f::/q:", ":a:M::\\x7f:\\xff\\xff:/q:", ":a:M::::/q:", ":a:M::\\x7f"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_binfmt_line(line));
  }
}

}  // namespace cbuild::sandbox
