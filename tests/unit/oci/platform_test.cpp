// Platforms: normal forms, and which image runs where.
#include "cbuild/oci/platform.h"

#include <doctest/doctest.h>

#include "tests/support/errors.h"

namespace cbuild::oci {

TEST_CASE("Platform::parse gives the normal form") {
  struct Row {
    const char* text;
    const char* normal;
  };

  const Row rows[] = {
      {"linux/amd64", "linux/amd64"},     {"linux/x86_64", "linux/amd64"},
      {"linux/amd64/v1", "linux/amd64"},  {"linux/amd64/v3", "linux/amd64/v3"},
      {"linux/aarch64", "linux/arm64"},   {"linux/arm64/v8", "linux/arm64"},
      {"linux/arm64/8", "linux/arm64"},   {"linux/arm64/v9", "linux/arm64/v9"},
      {"linux/arm", "linux/arm/v7"},      {"linux/arm/7", "linux/arm/v7"},
      {"linux/arm/v6", "linux/arm/v6"},   {"linux/arm/v5", "linux/arm/v5"},
      {"linux/arm/v8", "linux/arm/v8"},   {"linux/armhf", "linux/arm/v7"},
      {"linux/armel", "linux/arm/v6"},    {"linux/i386", "linux/386"},
      {"Linux/AMD64", "linux/amd64"},     {"arm64", "linux/arm64"},
      {"windows/amd64", "windows/amd64"}, {"linux/riscv64", "linux/riscv64"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(Platform::parse(row.text).to_string() == row.normal);
    CHECK(Platform::parse(row.normal).to_string() == row.normal);
  }
  for (const char* wrong : {"", "linux/", "/amd64", "linux/amd64/v1/x", "linux amd64", "a,b"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(Platform::parse(wrong), Error);
  }
}

TEST_CASE("match_quality prefers the nearest that runs") {
  struct Row {
    const char* wanted;
    const char* better;
    const char* worse;
  };

  const Row rows[] = {
      {"linux/arm/v7", "linux/arm/v7", "linux/arm/v6"},
      {"linux/arm/v7", "linux/arm/v6", "linux/arm/v5"},
      {"linux/amd64", "linux/amd64", "linux/386"},
      {"linux/amd64/v3", "linux/amd64/v3", "linux/amd64/v2"},
      {"linux/amd64/v3", "linux/amd64/v2", "linux/amd64"},
      {"linux/amd64/v3", "linux/amd64", "linux/386"},
      {"linux/arm64", "linux/arm64", "linux/arm/v7"},
      {"linux/arm64", "linux/arm/v7", "linux/arm/v6"},
      {"linux/arm64/v9", "linux/arm64", "linux/arm/v8"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.wanted);
    CAPTURE(row.better);
    const Platform wanted = Platform::parse(row.wanted);
    const int better = match_quality(wanted, Platform::parse(row.better));
    const int worse = match_quality(wanted, Platform::parse(row.worse));
    CHECK(better > worse);
    CHECK(worse > 0);
  }
  const auto fits = [](const char* wanted, const char* offered) {
    return match_quality(Platform::parse(wanted), Platform::parse(offered)) > 0;
  };
  CHECK_FALSE(fits("linux/arm/v6", "linux/arm/v7"));
  CHECK_FALSE(fits("linux/amd64", "linux/amd64/v2"));
  CHECK_FALSE(fits("linux/386", "linux/amd64"));
  CHECK_FALSE(fits("linux/arm/v7", "linux/arm64"));
  CHECK_FALSE(fits("linux/amd64", "windows/amd64"));
  CHECK_FALSE(fits("linux/s390x", "linux/amd64"));
  CHECK(match_quality(Platform::parse("linux/arm64"), {"linux", "arm64", "v8", ""}) > 0);
  CHECK(match_quality(Platform::parse("linux/arm/v7"), {"linux", "arm", "", ""}) > 0);
}

TEST_CASE("a slip of the finger is no platform, what nobody knows may be one") {
  for (const char* text : {"linux/amd65", "lunix/amd64", "lunix", "linux/amr64", "nonsense"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Platform::parse(text), Error);
  }
  for (const char* text :
       {"linux/z80", "linux/riscv64", "aix/ppc64", "hurd", "mips64le", "linux/elbrus"}) {
    CAPTURE(text);
    CHECK_NOTHROW(Platform::parse(text));
  }
}

TEST_CASE("Platform::parse says what is wrong with a platform") {
  struct Row {
    const char* text;
    const char* error;
  };

  const Row rows[] = {
      {"", "'' is not a platform (want os/architecture, like linux/amd64)"},
      {"linux/amd64/v1/x",
       "'linux/amd64/v1/x' is not a platform (want os/architecture, like linux/amd64)"},
      {"lunix/amd64", "\"lunix\": unknown operating system or architecture (did you mean linux?)"},
      {"linux/riscv46",
       "\"riscv46\": unknown operating system or architecture (did you mean riscv64?)"},
      {"armd64", "\"armd64\": unknown operating system or architecture (did you mean amd64?)"},
      {"x86",
       "\"x86\": unknown operating system or architecture (want os/architecture, like "
       "linux/amd64)"},
      {"nonsense",
       "\"nonsense\": unknown operating system or architecture (want os/architecture, like "
       "linux/amd64)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(error_of([&] { Platform::parse(row.text); }) == row.error);
  }
}

TEST_CASE("half a platform is completed with the host's") {
  const Platform host = Platform::host();
  CHECK(host.os == "linux");
  CHECK(Platform::parse(host.to_string()) == host);
  CHECK(Platform::parse("linux") == Platform{"linux", host.architecture, host.variant, ""});
  CHECK(Platform::parse("windows") == Platform{"windows", host.architecture, host.variant, ""});
  CHECK(Platform::parse("s390x") == Platform{"linux", "s390x", "", ""});
  CHECK(Platform::parse("x86_64") == Platform{"linux", "amd64", "", ""});
}

TEST_CASE("match_quality looks at the version of the system when one is asked for") {
  const Platform any{"windows", "amd64", "", ""};
  const Platform old{"windows", "amd64", "", "10.0.14393"};
  const Platform now{"windows", "amd64", "", "10.0.17763"};
  CHECK(match_quality(any, old) > 0);
  CHECK(match_quality(now, now) > 0);
  CHECK(match_quality(now, old) == 0);
  CHECK(match_quality(now, any) == 0);
}

TEST_CASE("variants that are no versions match themselves, or none") {
  const auto fits = [](const Platform& wanted, const Platform& offered) {
    return match_quality(wanted, offered) > 0;
  };
  const Platform mips{"linux", "mips64le", "", ""};
  const Platform soft{"linux", "mips64le", "softfloat", ""};
  CHECK(fits(soft, soft));
  CHECK(fits(soft, mips));
  CHECK_FALSE(fits(mips, soft));
  const Platform arm{"linux", "arm", "v7", ""};
  for (const char* variant : {"v", "vx", "v100", "v99999999999999999999", "v-1", "v 6"}) {
    CAPTURE(variant);
    const Platform strange{"linux", "arm", variant, ""};
    CHECK(fits(strange, strange));
    CHECK_FALSE(fits(arm, strange));
    CHECK_FALSE(fits({"linux", "arm64", "", ""}, strange));
  }
}

TEST_CASE("a machine executes its own programs and those of its predecessor") {
  struct Row {
    const char* host;
    const char* image;
    bool natively;
  };

  const Row rows[] = {
      {"linux/amd64", "linux/amd64", true},  {"linux/amd64", "linux/amd64/v4", true},
      {"linux/amd64", "linux/386", true},    {"linux/386", "linux/amd64", false},
      {"linux/arm64", "linux/arm/v7", true}, {"linux/arm/v7", "linux/arm64", false},
      {"linux/amd64", "linux/arm64", false}, {"linux/amd64", "windows/amd64", false},
      {"linux/riscv64", "linux/386", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host);
    CAPTURE(row.image);
    CHECK(runs_natively(Platform::parse(row.host), Platform::parse(row.image)) == row.natively);
  }
}

}  // namespace cbuild::oci
