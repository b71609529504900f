// What instructions do to the image config and its history.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/golden.h"
#include "tests/unit/frontend/lower_support.h"

using namespace cbuild;
using namespace cbuild::test::lowering;
using cbuild::test::FakeResolver;

TEST_CASE("each layer belongs to one history entry that is not empty") {
  for (const std::string& directory : test::cases("dockerfile/good")) {
    CAPTURE(directory);
    const Lowered lowered = lower_text(read_file(directory + "/Dockerfile"), options_of(directory));
    std::size_t entries = 0;
    for (std::size_t i = lowered.base_history; i < lowered.config.history.size(); ++i) {
      const oci::HistoryEntry& entry = lowered.config.history[i];
      entries += entry.empty_layer ? 0 : 1;
      CHECK(entry.created.empty());
      CHECK(entry.comment == "buildkit.dockerfile.v0");
    }
    CHECK(lowered.layers.size() == entries);
    CHECK(lowered.config.created.empty());
    if (!lowered.layers.empty()) CHECK(lowered.root == lowered.layers.back());
  }
}

TEST_CASE("ENTRYPOINT clears a CMD that is not of its own stage") {
  struct Row {
    std::string text;
    std::optional<std::vector<std::string>> cmd;
  };

  const Row rows[] = {
      {"FROM service:1", {{"serve"}}},
      {"FROM service:1\nENTRYPOINT [\"/e\"]", std::nullopt},
      {"FROM service:1\nCMD [\"own\"]\nENTRYPOINT [\"/e\"]", {{"own"}}},
      {"FROM service:1\nENTRYPOINT [\"/e\"]\nCMD [\"own\"]", {{"own"}}},
      {"FROM service:1 AS a\nCMD [\"a\"]\nFROM a\nENTRYPOINT [\"/e\"]", std::nullopt},
      {"FROM service:1\nCMD []", std::nullopt},
      {"FROM service:1\nCMD", {{"/bin/ash", "-c", ""}}},
      {"FROM service:1\nENTRYPOINT []", std::nullopt},
      {"FROM debian\nCMD a b", {{"/bin/sh", "-c", "a b"}}},
      {"FROM service:1\nCMD a b", {{"/bin/ash", "-c", "a b"}}},
      {"FROM debian\nSHELL [\"/bin/bash\", \"-euc\"]\nCMD a\nSHELL [\"x\"]",
       {{"/bin/bash", "-euc", "a"}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(lower_text(row.text).config.config.cmd == row.cmd);
  }
}

TEST_CASE("EXPOSE understands ranges, protocols and what docker run would take") {
  struct Row {
    std::string ports;
    std::set<std::string> exposed;
  };

  const Row rows[] = {
      {"80", {"80/tcp"}},
      {"80/tcp 81/UDP", {"80/tcp", "81/udp"}},
      {"7000-7002/sctp", {"7000/sctp", "7001/sctp", "7002/sctp"}},
      {"127.0.0.1:8080:80", {"80/tcp"}},
      {"$PORTS", {"1/tcp", "2/udp"}},
      {"\"90\"", {"90/tcp"}},
      {"$NOPE", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.ports);
    CHECK(lower_text("FROM debian\nENV PORTS=\"1 2/udp\"\nEXPOSE " + row.ports)
              .config.config.exposed_ports == row.exposed);
  }
  for (const char* wrong : {"x", "80/http", "70000", "9-8", "-1", "80-", "$BAD", "1-2-3"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(lower_text(std::string("FROM debian\nENV BAD=bad\nEXPOSE ") + wrong),
                    DockerfileError);
  }
}

TEST_CASE("STOPSIGNAL takes names and numbers as they are written") {
  for (const std::string signal : {"SIGTERM", "TERM", "9", "SIGRTMIN+3", "sigint", "RTMAX-14"}) {
    CAPTURE(signal);
    CHECK(lower_text("FROM debian\nSTOPSIGNAL " + signal).config.config.stop_signal == signal);
  }
  for (const char* wrong : {"SIGFOO", "0", "65", "RTMIN+16", "RTMAX-0", "-9"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(lower_text(std::string("FROM debian\nSTOPSIGNAL ") + wrong), DockerfileError);
  }
}

TEST_CASE("labels of the command line win, and are of no stage but the target") {
  Options options = options_for_test();
  options.labels = {{"a", "cli"}, {"b", "cli"}};
  const Lowered lowered = lower_text("FROM service:1\nLABEL a=file keep=changed", options);
  CHECK(lowered.config.config.labels ==
        std::map<std::string, std::string>{
            {"a", "cli"}, {"b", "cli"}, {"from", "base"}, {"keep", "changed"}});
  CHECK(lowered.graph.size() == 1);
}

TEST_CASE("metadata changes no vertex") {
  const Lowered plain = lower_text("FROM debian\nRUN make\n");
  const Lowered rich = lower_text(
      "# a comment\nFROM debian AS named\nLABEL a=b\nEXPOSE 80\nCMD x\nENTRYPOINT y\n"
      "STOPSIGNAL 9\nHEALTHCHECK NONE\nVOLUME /v\n\nrun make\n");
  CHECK(rich.graph[rich.root].digest == plain.graph[plain.root].digest);
}
