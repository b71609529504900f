// What `cbuild inspect` says of images.
#include "cbuild/oci/manifest.h"
#include "cbuild/util/text.h"
#include "tests/unit/cli/command_run.h"

namespace cbuild::cli {
namespace {

oci::ImageConfig full_config() {
  oci::ImageConfig config = config_of("2999-01-01T00:00:00Z");
  config.platform = oci::Platform::parse("linux/arm/v7");
  config.author = "who";
  oci::RunConfig& run = config.config;
  run.user = "app";
  run.exposed_ports = {"80/tcp"};
  run.env = {"A=b", "C=\x1b[31m"};
  run.entrypoint = {"/entry"};
  run.cmd = {"a", "b c"};
  run.volumes = {"/data"};
  run.working_dir = "/srv";
  run.labels = {{"key", "value"}};
  run.stop_signal = "SIGINT";
  run.on_build = {"RUN x"};
  run.shell = {"/bin/bash", "-c"};
  run.healthcheck = oci::HealthCheck{.test = {"CMD", "true"}, .interval = 5, .retries = 2};
  return config;
}

std::string documents_digest(const std::string& text) {
  return oci::Digest::of(text).to_string();
}

TEST_CASE("the members of an image are docker's") {
  const Shell shell;
  const auto id = shell.add_image(full_config(), {"app:1"});
  const std::string json = shell.run("inspect", {"app:1"}).out;
  for (const std::string& part : {
           R"("Id": ")" + id.to_string() + "\"",
           std::string("\"RepoTags\": [\n      \"app:1\"\n    ]"),
           std::string("\"RepoDigests\": []"),
           std::string(R"("Created": "2999-01-01T00:00:00Z")"),
           std::string(R"("Author": "who")"),
           std::string("\"ExposedPorts\": {\n        \"80/tcp\": {}\n      }"),
           std::string("\"Volumes\": {\n        \"/data\": {}\n      }"),
           std::string("\"Cmd\": [\n        \"a\",\n        \"b c\"\n      ]"),
           std::string(R"("C=\u001b[31m")"),
           std::string("\"Interval\": 5,\n        \"Retries\": 2\n"),
           std::string("\"OnBuild\": [\n        \"RUN x\"\n      ]"),
           std::string(R"("StopSignal": "SIGINT")"),
           std::string("\"Shell\": [\n        \"/bin/bash\",\n        \"-c\"\n      ]"),
           std::string(R"("Architecture": "arm")"),
           std::string(R"("Variant": "v7")"),
           std::string(R"("Os": "linux")"),
           std::string("\"RootFS\": {\n      \"Type\": \"layers\",\n      \"Layers\": []\n    }"),
       }) {
    CAPTURE(part);
    CHECK(holds(json, part));
  }
}

TEST_CASE("what an image does not have is null or left out, as docker has it") {
  const Shell shell;
  shell.add_image(config_of("2999-01-01T00:00:00Z"), {});
  const std::string id = shell.run("images", {"-q"}).out;
  const std::string json = shell.run("inspect", {id.substr(0, 12)}).out;
  for (const std::string part : {R"("RepoTags": [])", R"("Cmd": null)", R"("Entrypoint": null)",
                                 R"("Env": [])", R"("Labels": {})", R"("User": "")"}) {
    CAPTURE(part);
    CHECK(holds(json, part));
  }
  for (const std::string part : {"ExposedPorts", "Volumes", "Healthcheck", "OnBuild", "StopSignal",
                                 "Shell", "Variant", "Manifests"}) {
    CAPTURE(part);
    CHECK_FALSE(holds(json, part));
  }
}

TEST_CASE("the table tells the main facts, printable") {
  const Shell shell;
  const auto id = shell.add_image(full_config(), {"app:1", "b:2"}, {{{"file", "content"}}});
  const std::string text = shell.run("inspect", {"--format", "table", "app:1"}).out;
  CHECK(text.starts_with("ID:           " + id.to_string() + "\n"));
  for (const std::string line :
       {"Name:         app:1", "Name:         b:2", "Platform:     linux/arm/v7",
        "Created:      2999-01-01T00:00:00Z (Less than a second ago)", "User:         app",
        "Directory:    /srv", "Entrypoint:   /entry", "Command:      a b c", "Port:         80/tcp",
        "Env:          C=\\x1b[31m", "Label:        key=value"}) {
    CAPTURE(line);
    CHECK(holds(text, line + "\n"));
  }
  CHECK(holds(text, " in 1 layers\n"));
  CHECK(holds(shell.run("inspect", {"--format", "table", "app:1", "b:2"}).out, "\n\nID:"));
}

TEST_CASE("documents are printed byte for byte") {
  const Shell shell;
  const auto id = shell.add_image(full_config(), {"app:1"});
  CHECK(documents_digest(shell.run("inspect", {"--config", "app:1"}).out) == id.to_string());
  const auto manifest = shell.with_store(
      [&](store::Store& store) { return store.images().find(id)->manifest.digest.to_string(); });
  CHECK(documents_digest(shell.run("inspect", {"--manifest", "app:1"}).out) == manifest);
  CHECK(shell.run("inspect", {"--config", "--manifest", "app:1"}).error ==
        "--config and --manifest exclude each other");
}

TEST_CASE("an image that is not there is told, and nothing is printed") {
  const Shell shell;
  shell.add_image(full_config(), {"app:1"});
  const Ran ran = shell.run("inspect", {"app:1", "other"});
  CHECK(ran.code == static_cast<int>(ErrorKind::usage));
  CHECK(holds(ran.error, "'other'"));
  CHECK(ran.out.empty());
  CHECK(holds(shell.run("inspect", {"--platform", "linux/s390x", "app:1"}).error, "linux/arm/v7"));
}

}  // namespace
}  // namespace cbuild::cli
