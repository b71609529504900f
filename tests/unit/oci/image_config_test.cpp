// The config of an image: what it holds, what is kept, and what is refused.
#include "cbuild/oci/image_config.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/support/errors.h"

namespace cbuild::oci {

namespace {

const std::string kDigest = "sha256:" + std::string(64, '0');

/// An image config with these members of "config".
ImageConfig parse_config(const std::string& config) {
  return ImageConfig::parse(R"({"os":"linux","architecture":"amd64","config":{)" + config +
                            R"(},"rootfs":{"type":"layers","diff_ids":[]}})");
}

/// With these members beside "rootfs".
ImageConfig parse_image(const std::string& members) {
  return ImageConfig::parse(R"({"rootfs":{"type":"layers","diff_ids":[]})" + members + "}");
}

RunConfig full_run_config() {
  RunConfig config;
  config.user = "1000:users";
  config.exposed_ports = {"53/udp", "80/tcp"};
  config.env = {"PATH=/bin", "B=", "A=1"};
  config.entrypoint = {"/init"};
  config.cmd = {"a", ""};
  config.volumes = {"/data"};
  config.working_dir = "/srv";
  config.labels = {{"a", "1"}, {"A", "2"}};
  config.stop_signal = "SIGRTMIN+3";
  config.healthcheck = HealthCheck{{"CMD-SHELL", "true"}, 1, 2, 3, 4, 5};
  config.on_build = {"RUN x"};
  config.shell = {"/bin/bash", "-c"};
  config.args_escaped = true;
  return config;
}

}  // namespace

TEST_CASE("ImageConfig keeps what it does not know") {
  const std::string text =
      R"({"architecture":"amd64","config":{"Cmd":["sh"],"Env":["A=1","B"],"Labels":{"l":"v"},"Strange":7},)"
      R"("os":"linux","rootfs":{"diff_ids":[")" +
      kDigest + R"("],"type":"layers"},"vendor.field":{"x":[1]}})";
  const ImageConfig config = ImageConfig::parse(text);
  CHECK(config.config.env == std::vector<std::string>{"A=1", "B"});
  CHECK(config.to_json() == text);
}

TEST_CASE("ImageConfig survives a round trip with all its members") {
  ImageConfig image;
  image.platform = Platform{"linux", "arm", "v7", "5.10"};
  image.created = "2026-01-01T00:00:00Z";
  image.author = "somebody";
  image.config = full_run_config();
  image.diff_ids = {Digest::of("a"), Digest::of("b")};
  image.history = {{"2026-01-01T00:00:00Z", "RUN x", "somebody", "comment", false},
                   {"", "ENV B=", "", "", true}};
  const ImageConfig again = ImageConfig::parse(image.to_json());
  CHECK(again.platform == image.platform);
  CHECK(again.created == image.created);
  CHECK(again.author == image.author);
  CHECK(again.config == image.config);
  CHECK(again.diff_ids == image.diff_ids);
  CHECK(again.history == image.history);
  CHECK(again.unknown.empty());
  CHECK(again.unknown_config.empty());
}

TEST_CASE("what is empty is not written, but for layers and platform") {
  ImageConfig image;
  image.platform = Platform::parse("linux/amd64");
  CHECK(
      image.to_json() ==
      R"({"architecture":"amd64","config":{},"os":"linux","rootfs":{"diff_ids":[],"type":"layers"}})");
}

TEST_CASE("null is absence, and an empty Cmd is not") {
  CHECK_FALSE(parse_config("").config.cmd);
  CHECK_FALSE(parse_config(R"("Cmd":null)").config.cmd);
  CHECK(parse_config(R"("Cmd":[])").config.cmd == std::vector<std::string>{});
  CHECK(parse_config(R"("Entrypoint":[])").config.entrypoint == std::vector<std::string>{});
  CHECK(parse_config(R"("User":null,"Env":null,"Labels":null,"Volumes":null,"OnBuild":null,)"
                     R"("Healthcheck":null,"ExposedPorts":null,"ArgsEscaped":null)")
            .config == RunConfig{});
  CHECK(parse_image(R"(,"config":null,"history":null,"created":null)").config == RunConfig{});
  CHECK(ImageConfig::parse(R"({"rootfs":{"diff_ids":null}})").diff_ids.empty());
}

TEST_CASE("a health check tells what is inherited from what is set") {
  const auto parse = [](const std::string& check) {
    return parse_config(R"("Healthcheck":)" + check).config.healthcheck;
  };
  CHECK(parse("{}") == HealthCheck{});
  CHECK(parse(R"({"Test":["NONE"]})") == HealthCheck{{"NONE"}, 0, 0, 0, 0, 0});
  CHECK(
      parse(R"({"Interval":9223372036854775807,"Retries":2147483647})") ==
      HealthCheck{
          {}, std::numeric_limits<std::int64_t>::max(), 0, 0, 0, std::numeric_limits<int>::max()});
}

TEST_CASE("a member of a config that is of another type is named") {
  struct Row {
    std::string config;
    std::string error;
  };

  const Row rows[] = {
      {R"("User":0)", R"("User" is not a string)"},
      {R"("Env":{"A":"1"})", R"("Env" is not an array)"},
      {R"("Env":["A=1",2])", R"("Env" is not a string)"},
      {R"("Cmd":"sh")", R"("Cmd" is not an array)"},
      {R"("Entrypoint":"sh")", R"("Entrypoint" is not an array)"},
      {R"("ExposedPorts":["80/tcp"])", R"("ExposedPorts" is not an object)"},
      {R"("Volumes":["/data"])", R"("Volumes" is not an object)"},
      {R"("Labels":{"a":true})", R"("a" is not a string)"},
      {R"("ArgsEscaped":"true")", R"("ArgsEscaped" is not true or false)"},
      {R"("Healthcheck":[])", R"("Healthcheck" is not an object)"},
      {R"("Healthcheck":{"Interval":"30s"})", R"("Interval" is not a whole number)"},
      {R"("Healthcheck":{"Interval":1.5})", R"("Interval" is not a whole number)"},
      {R"("Healthcheck":{"Interval":9223372036854775808})",
       R"("Interval" is no number from -9223372036854775808 to 9223372036854775807)"},
      {R"("Healthcheck":{"Retries":4294967297})",
       R"("Retries" is no number from -2147483648 to 2147483647)"},
      {R"("Healthcheck":{"Retries":-2147483649})",
       R"("Retries" is no number from -2147483648 to 2147483647)"},
      {R"("env":["A=1"])", R"(has the member "env" instead of "Env")"},
      {R"("Env":[],"ENV":["A=1"])", R"(has the member "ENV" instead of "Env")"},
      {R"("User":"a","User":"b")", R"(has "User" twice)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.config);
    CHECK(error_of([&] { parse_config(row.config); }) == "image config: " + row.error);
  }
}

TEST_CASE("an image config that is none is refused") {
  struct Row {
    std::string text;
    std::string error;
  };

  const Row rows[] = {
      {"{}", R"(lacks "rootfs")"},
      {R"({"rootfs":null})", R"(lacks "rootfs")"},
      {R"({"rootfs":[]})", R"("rootfs" is not an object)"},
      {R"({"rootfs":{"diff_ids":"x"}})", R"("diff_ids" is not an array)"},
      {R"({"rootfs":{"diff_ids":["x"]}})",
       "'x' is not a digest (want sha256: and 64 lower-case hex digits)"},
      {R"({"rootfs":{},"config":[]})", R"("config" is not an object)"},
      {R"({"rootfs":{},"history":{}})", R"("history" is not an array)"},
      {R"({"rootfs":{},"history":["RUN x"]})", R"(a "history" entry is not an object)"},
      {R"({"rootfs":{},"history":[{"empty_layer":1}]})", R"("empty_layer" is not true or false)"},
      {R"({"rootfs":{},"os":1})", R"("os" is not a string)"},
      {R"({"rootfs":{},"OS":"linux"})", R"(has the member "OS" instead of "os")"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(error_of([&] { ImageConfig::parse(row.text); }) == "image config: " + row.error);
  }
}

TEST_CASE("what is not known does not hide what is") {
  ImageConfig image = parse_image(R"(,"docker_version":"1","id":null)");
  CHECK(image.unknown == R"({"docker_version":"1","id":null})");
  image.author = "somebody";
  CHECK(ImageConfig::parse(image.to_json()).unknown == image.unknown);
  CHECK(ImageConfig::parse(image.to_json()).author == "somebody");
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD, for JSON knows nothing else") {
  ImageConfig image;
  image.config.env = {"A=\xff"};
  CHECK(ImageConfig::parse(image.to_json()).config.env ==
        std::vector<std::string>{"A=\xef\xbf\xbd"});
}

}  // namespace cbuild::oci
