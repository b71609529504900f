// Platforms: normal forms, and which image runs where.
#include "cbuild/oci/platform.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"

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

}  // namespace cbuild::oci
