// No build writes a config too long to be read again.
#include "frontend/dockerfile/config_growth.h"

#include <doctest/doctest.h>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "tests/support/errors.h"

namespace cbuild::frontend {

namespace {

SourceRange line(int number) {
  return {.line = number, .last_line = number, .column = 0, .end_column = 0};
}

/// A config whose document has about `bytes`.
oci::ImageConfig config_of(std::size_t bytes) {
  oci::ImageConfig config;
  config.config.env = {"A=" + std::string(bytes, 'x')};
  return config;
}

constexpr std::size_t kTooLong = oci::kMaxDocument + 1;

/// The line of the error about a config that is too long; 0 = the error is of no line, -1 = none.
int blamed(const ConfigGrowth& growth, const oci::ImageConfig& config) {
  try {
    growth.check(config);
    return -1;
  } catch (const DockerfileError& error) {
    return error.range().line;
  } catch (const Error&) {
    return 0;
  }
}

}  // namespace

TEST_CASE("the instruction that added most to a config too long is to blame") {
  ConfigGrowth growth;
  growth.add_history("ENV A=", true, line(2));
  growth.add_history(std::string(3'000'000, 'x'), true, line(3));
  growth.add_text(std::string(1'000'000, 'x'), line(4));
  growth.add_history(std::string(2'000'000, 'x'), false, line(5));
  CHECK(blamed(growth, config_of(kTooLong)) == 3);
  CHECK(blamed(growth, config_of(1000)) == -1);  // it was less than it looked like
  growth.add_text(std::string(4'000'000, 'x'), line(6));
  CHECK(blamed(growth, config_of(kTooLong)) == 6);
}

TEST_CASE("of two that added as much the first is to blame") {
  ConfigGrowth growth;
  growth.add_text(std::string(1'000'000, 'x'), line(2));
  growth.add_text(std::string(1'000'000, 'y'), line(3));
  CHECK(blamed(growth, config_of(kTooLong)) == 2);
}

TEST_CASE("labels of the command line are of no instruction") {
  ConfigGrowth growth;
  growth.add_history("RUN x", false, line(2));
  oci::ImageConfig config;
  config.config.labels["a"] = std::string(kTooLong, 'x');
  CHECK(blamed(growth, config) == 0);
  CHECK(holds(error_of([&] { growth.check(config); }), "The largest part is config.Labels.a ("));
  growth.add_history("LABEL a=" + std::string(kTooLong, 'x'), true, line(3));
  CHECK(blamed(growth, config) == 3);
}

TEST_CASE("what needs escapes in JSON counts for what it comes to") {
  for (const char* byte : {"\x01", "\"", "\\", "\x7f", "\n"}) {
    CAPTURE(byte);
    ConfigGrowth growth;
    std::string text;
    for (std::size_t i = 0; i < oci::kMaxDocument / 12; ++i)
      text += byte;
    growth.add_history(text, false, line(2));
    CHECK(blamed(growth, config_of(kTooLong)) == 2);
  }
  // The same number of plain bytes is too little for a look at the document.
  ConfigGrowth growth;
  growth.add_history(std::string(oci::kMaxDocument / 12, 'x'), false, line(2));
  CHECK(blamed(growth, config_of(kTooLong)) == -1);
}

}  // namespace cbuild::frontend
