#include <doctest/doctest.h>
#include <fmt/core.h>

#include <optional>

#include "cbuild/frontend/describe_graph.h"
#include "cbuild/frontend/dockerfile.h"
#include "cbuild/frontend/excerpt.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/go_text.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/golden.h"

using namespace cbuild;
using namespace cbuild::frontend;
using cbuild::test::FakeResolver;

namespace {

Options options_for_test() {
  Options options;
  options.platform = oci::Platform::parse("linux/amd64");
  options.build_platform = options.platform;
  return options;
}

/// Reads the file "options" of a case: lines such as "build-arg A=1", "target x", "no-cache".
Options options_of(const std::string& directory) {
  Options options = options_for_test();
  for (const std::string& line :
       split(read_file_if_exists(directory + "/options").value_or(""), '\n')) {
    if (line.empty()) continue;
    const auto blank = line.find(' ');
    const std::string name = line.substr(0, blank);
    const std::string value = blank == std::string::npos ? "" : line.substr(blank + 1);
    const auto equals = value.find('=');
    const std::string key = value.substr(0, equals);
    const std::string rest = equals == std::string::npos ? "" : value.substr(equals + 1);
    if (name == "build-arg") {
      options.build_args[key] = rest;
    } else if (name == "label") {
      options.labels[key] = rest;
    } else if (name == "target") {
      options.target = value;
    } else if (name == "platform") {
      options.platform = oci::Platform::parse(value);
      options.platform_given = true;
    } else if (name == "context") {
      options.contexts[key] = rest == "image" ? ContextKind::image : ContextKind::directory;
    } else if (name == "network") {
      options.network = value == "none" ? graph::Network::none : graph::Network::host;
    } else if (name == "allow") {
      (value == "network.host" ? options.allow_host_network : options.allow_insecure) = true;
    } else if (name == "no-cache") {
      options.no_cache = true;
    } else {
      throw Error("{}/options: unknown option '{}'", directory, name);
    }
  }
  return options;
}

/// Images that the cases use, besides those that the resolver makes up.
FakeResolver resolver_for_test() {
  FakeResolver resolver;
  oci::ImageConfig service = FakeResolver::config_of("service:1");
  service.config.env = {"PATH=/opt/bin:/usr/bin", "LANG=C.UTF-8", "BROKEN"};
  service.config.entrypoint = {"/entry", "--base"};
  service.config.cmd = {"serve"};
  service.config.user = "app";
  service.config.working_dir = "/srv";
  service.config.exposed_ports = {"80/tcp"};
  service.config.volumes = {"/data"};
  service.config.labels = {{"from", "base"}, {"keep", "me"}};
  service.config.shell = {"/bin/ash", "-c"};
  service.unknown = R"({"docker_version":"1.2"})";
  service.unknown_config = R"({"Hostname":"f00"})";
  resolver.configs["service:1"] = service;

  oci::ImageConfig onbuild = FakeResolver::config_of("onbuild:1");
  onbuild.config.on_build = {"ARG FLAVOUR=plain", "COPY . /src", "RUN make $FLAVOUR"};
  resolver.configs["onbuild:1"] = onbuild;

  oci::ImageConfig bad_trigger = FakeResolver::config_of("badtrigger:1");
  bad_trigger.config.on_build = {"FROM other"};
  resolver.configs["badtrigger:1"] = bad_trigger;

  oci::ImageConfig device_trigger = FakeResolver::config_of("devicetrigger:1");
  device_trigger.config.on_build = {"RUN --device=vendor.com/class=name x"};
  resolver.configs["devicetrigger:1"] = device_trigger;

  oci::ImageConfig bare = FakeResolver::config_of("bare:1");
  bare.config = {};
  resolver.configs["bare:1"] = bare;
  return resolver;
}

Lowered lower_text(const std::string& text, const Options& options = options_for_test()) {
  FakeResolver resolver = resolver_for_test();
  return lower(text, options, resolver);
}

/// The Exec of the last RUN.
graph::Exec last_run(const Lowered& lowered) {
  std::optional<graph::Exec> found;
  for (const graph::Vertex& vertex : lowered.graph.vertices()) {
    if (const auto* exec = std::get_if<graph::Exec>(&vertex.op)) found = *exec;
  }
  REQUIRE(found);
  return *found;
}

std::string last_history(const Lowered& lowered) {
  return lowered.config.history.back().created_by;
}

/// What is wrong, as the user is told; "" when nothing is.
std::string complaint(const std::string& text, const Options& options, FakeResolver& resolver) {
  try {
    lower(text, options, resolver);
    return "";
  } catch (const DockerfileError& error) {
    return fmt::format("{}\ncbuild: {}\n", excerpt("Dockerfile", text, error.diagnostics()),
                       error.what());
  } catch (const Error& error) {
    const std::string hint = error.hint().empty() ? "" : fmt::format("hint: {}\n", error.hint());
    return fmt::format("cbuild: {}\n{}", error.what(), hint);
  }
}

}  // namespace

TEST_CASE("every good Dockerfile lowers to its recorded graph") {
  const std::vector<std::string> directories = test::cases("dockerfile/good");
  CHECK(directories.size() >= 30);
  for (const std::string& directory : directories) {
    CAPTURE(directory);
    FakeResolver resolver = resolver_for_test();
    const std::string dockerfile = read_file(directory + "/Dockerfile");
    const std::string error = complaint(dockerfile, options_of(directory), resolver);
    CHECK(error == "");
    if (!error.empty()) continue;
    const std::string text = to_text(lower_text(dockerfile, options_of(directory)));
    CHECK(text == test::golden(directory + "/graph.txt", text));
  }
}

TEST_CASE("every bad Dockerfile is refused with its recorded message") {
  const std::vector<std::string> directories = test::cases("dockerfile/bad");
  CHECK(directories.size() >= 30);
  for (const std::string& directory : directories) {
    CAPTURE(directory);
    FakeResolver resolver = resolver_for_test();
    std::string text =
        complaint(read_file(directory + "/Dockerfile"), options_of(directory), resolver);
    CHECK_FALSE(text.empty());
    if (!resolver.asked.empty()) text += "after asking for " + join(resolver.asked, ", ") + "\n";
    CHECK(text == test::golden(directory + "/error.txt", text));
  }
}

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

TEST_CASE("an image is resolved once for each platform") {
  FakeResolver resolver;
  lower(
      "FROM debian AS a\nFROM debian AS b\nCOPY --from=a /x /x\nCOPY --from=debian /y /y\n"
      "FROM --platform=linux/arm64 debian\nCOPY --from=b /x /x\n",
      options_for_test(), resolver);
  CHECK(resolver.asked == std::vector<std::string>{"debian:latest", "debian:latest"});
}

TEST_CASE("of ENV and ARG of one name the later one counts in RUN, and only ENV in the config") {
  struct Row {
    std::string lines;
    std::vector<std::string> run_env;  // without PATH
    std::vector<std::string> config_env;
  };

  const Row rows[] = {
      {"ENV v=env\nARG v=arg", {"v=arg"}, {"v=env"}},
      {"ARG v=arg\nENV v=env", {"v=env"}, {"v=env"}},
      {"ENV v=env\nARG v", {"v=env"}, {"v=env"}},
      {"ARG v", {}, {}},
      {"ARG v=", {"v="}, {}},
      {"ARG given=default", {"given=cli"}, {}},
      {"ARG given", {"given=cli"}, {}},
      {"ARG a=1\nARG b=$a$a", {"a=1", "b=11"}, {}},
      {"ARG a=1 b=$a", {"a=1", "b=1"}, {}},
      {"ENV a=1\nENV a=2 b=$a\nENV c=$a", {"a=2", "b=1", "c=2"}, {"a=2", "b=1", "c=2"}},
      {"ENV a=1 b=2\nENV a=3", {"a=3", "b=2"}, {"a=3", "b=2"}},
      {"ARG global", {"global=g"}, {}},
      {"ARG global=own", {"global=own"}, {}},
      {"ARG TARGETARCH", {"TARGETARCH=amd64"}, {}},
      {"ARG TARGETSTAGE", {"TARGETSTAGE=default"}, {}},
      {"ARG BUILDKIT_SBOM_SCAN_STAGE=true", {}, {}},
      {"ARG TARGETVARIANT", {"TARGETVARIANT="}, {}},
      {"ENV x=$TARGETARCH", {"x="}, {"x="}},
      {"ENV x=$global", {"x="}, {"x="}},
      {"ENV x=${unset:-d} y='$z' w=\"a b\"", {"x=d", "y=$z", "w=a b"}, {"x=d", "y=$z", "w=a b"}},
  };
  Options options = options_for_test();
  options.build_args["given"] = "cli";
  for (const Row& row : rows) {
    CAPTURE(row.lines);
    const Lowered lowered =
        lower_text("ARG global=g\nFROM debian\n" + row.lines + "\nRUN x\n", options);
    const auto with_path = [](std::vector<std::string> env) {
      env.insert(env.begin(), "PATH=/usr/bin:/bin");
      return env;
    };
    CHECK(last_run(lowered).env.entries() == with_path(row.run_env));
    CHECK(lowered.config.config.env == with_path(row.config_env));
  }
}

TEST_CASE("an argument is in force from its line on, and in stages based on its stage") {
  struct Row {
    std::string text;
    std::string history;  // of the last line
  };

  const Row rows[] = {
      {"FROM debian\nRUN x\nARG A=1", "ARG A=1"},
      {"FROM debian\nARG A=1\nRUN x", "RUN |1 A=1 /bin/sh -c x # buildkit"},
      {"FROM debian AS a\nARG A=1\nFROM a\nRUN x", "RUN |1 A=1 /bin/sh -c x # buildkit"},
      {"FROM debian AS a\nARG A=1\nFROM debian\nRUN x", "RUN /bin/sh -c x # buildkit"},
      {"FROM debian AS a\nARG A=1\nFROM a\nARG A\nRUN x", "RUN |1 A=1 /bin/sh -c x # buildkit"},
      {"FROM debian AS a\nARG A=1\nFROM a\nARG A=2\nRUN x", "RUN |1 A=2 /bin/sh -c x # buildkit"},
      {"FROM debian\nARG A B=two\\ words\nRUN x", "RUN |2 A= B=two words /bin/sh -c x # buildkit"},
      {"FROM debian\nRUN x", "RUN /bin/sh -c x # buildkit"},
      {"FROM debian\nRUN [\"touch\", \"/t\"]", "RUN touch /t # buildkit"},
      {"FROM debian\nARG A", "ARG A"},
      {"FROM debian\nARG A=1 B C=", "ARG A=1 B C="},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(last_history(lower_text(row.text)) == row.history);
  }
}

TEST_CASE("proxy settings reach RUN without being part of its key, unless they are declared") {
  Options options = options_for_test();
  options.build_args = {{"http_proxy", "http://p"}, {"NO_PROXY", "x"}, {"other", "y"}};
  const Lowered plain = lower_text("FROM debian\nRUN x", options);
  CHECK(last_run(plain).unkeyed_env == std::vector<std::string>{"HTTP_PROXY=http://p",
                                                                "http_proxy=http://p", "NO_PROXY=x",
                                                                "no_proxy=x"});
  CHECK(last_run(plain).env.entries() == std::vector<std::string>{"PATH=/usr/bin:/bin"});
  CHECK(plain.unused_build_args == std::vector<std::string>{"other"});
  CHECK(plain.graph[plain.root].digest ==
        lower_text("FROM debian\nRUN x").graph[plain.root].digest);

  const Lowered declared = lower_text("FROM debian\nARG http_proxy\nRUN x", options);
  CHECK(last_run(declared).env.entries() ==
        std::vector<std::string>{"PATH=/usr/bin:/bin", "http_proxy=http://p"});
  CHECK(last_run(declared).unkeyed_env ==
        std::vector<std::string>{"HTTP_PROXY=http://p", "NO_PROXY=x", "no_proxy=x"});
}

TEST_CASE(
    "the working directory is joined, or as written, and where COPY's destination counts from") {
  struct Row {
    std::string lines;
    std::string directory;
    std::string destination;  // of "COPY x DST"
    std::string target;
  };

  const Row rows[] = {
      {"", "", "a", "/a"},
      {"WORKDIR /w", "/w", "a", "/w/a"},
      {"WORKDIR /w", "/w", ".", "/w/"},
      {"WORKDIR /w", "/w", "./", "/w/"},
      {"WORKDIR /w", "/w", "a/", "/w/a/"},
      {"WORKDIR /w", "/w", "/a/.", "/a/"},
      {"WORKDIR /w", "/w", "../a", "/a"},
      {"WORKDIR /w", "/w", "..", "/"},
      {"WORKDIR /w", "/w", "/", "/"},
      {"WORKDIR /w", "/w", "//a//b", "/a/b"},
      {"WORKDIR w", "/w", "a", "/w/a"},
      {"WORKDIR /a\nWORKDIR b\nWORKDIR ../c", "/a/c", "d", "/a/c/d"},
      {"WORKDIR /x/../y/", "/x/../y/", "a", "/y/a"},
      {"WORKDIR /x/../y/\nWORKDIR z/", "/y/z", "a", "/y/z/a"},
      {"WORKDIR ../../..", "/", "a", "/a"},
      {"ENV D=/d\nWORKDIR $D/e", "/d/e", "$D", "/d"},
      {"WORKDIR /w\nWORKDIR $NOPE", "/w", "a", "/w/a"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.lines);
    CAPTURE(row.destination);
    const Lowered lowered =
        lower_text("FROM debian\n" + row.lines + "\nCOPY x " + row.destination + "\n");
    CHECK(lowered.config.config.working_dir == row.directory);
    CHECK(std::get<graph::Copy>(lowered.graph[lowered.root].op).destination == row.target);
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

TEST_CASE("--chmod takes octal and symbolic modes") {
  const auto copy = [](const std::string& mode) {
    return lower_text("FROM debian\nENV M=0640\nCOPY --chmod=" + mode + " a b");
  };
  for (const char* good :
       {"755", "0755", "4755", "00755", "u=rwX,go=rX", "+x", "a-w", "$M", "$NOPE"}) {
    CAPTURE(good);
    CHECK_NOTHROW(copy(good));
  }
  for (const char* wrong : {"8", "77777", "rwx", "u=rwz", "u", "u=r,,g=r"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(copy(wrong), DockerfileError);
  }
}

TEST_CASE("a flag that comes to nothing is not there") {
  const auto step = [](const std::string& flags) {
    const Lowered lowered = lower_text("FROM debian\nARG A\nENV B=\n" + flags);
    return lowered.graph[lowered.root].digest;
  };
  const oci::Digest plain = step("COPY a b");
  for (const char* flag : {"--chown=", "--chown=$A", "--chown=${B:-}", "--chmod=$A$B", "--chmod=''",
                           "--from=", "--exclude=$B", "--chown=$A --chmod=$A --exclude="}) {
    CAPTURE(flag);
    CHECK(step(std::string("COPY ") + flag + " a b") == plain);
  }
  CHECK(step("ADD --checksum=$A a c/") == step("ADD a c/"));
  CHECK(step("ADD --checksum=$A a <<E c/\nx\nE") == step("ADD a <<E c/\nx\nE"));
  CHECK(step("ADD --checksum=$B http://h/f c") == step("ADD http://h/f c"));
  CHECK(step("ADD --checksum=${A} http://h/r.git c") == step("ADD http://h/r.git c"));
  // Nor one that stands there empty; BuildKit wants a word where none can be expanded.
  CHECK_NOTHROW(lower_text("FROM --platform= debian\nHEALTHCHECK --timeout= CMD x"));
  CHECK_THROWS_AS(lower_text("FROM debian\nRUN --network= x"), DockerfileError);
  CHECK_THROWS_AS(lower_text("FROM debian\nRUN --security= x"), DockerfileError);
  CHECK_THROWS_AS(lower_text("FROM debian\nRUN --mount=type=cache,target=/c,uid= x"),
                  DockerfileError);
  CHECK_THROWS_WITH_AS(lower_text("FROM debian\nARG U\nCOPY --chown=$U: a b"),
                       doctest::Contains("U has no value"), DockerfileError);
}

TEST_CASE("a file that is only read is refused nothing for what it may do") {
  const std::string text =
      "FROM debian\nRUN --network=host x\nRUN --security=insecure x\n"
      "RUN --device=vendor.com/a=b x\n";
  CHECK_THROWS_AS(lower_text(text), DockerfileError);
  Options options = options_for_test();
  options.is_to_be_built = false;
  CHECK(lower_text(text, options).layers.size() == 3);
  CHECK_NOTHROW(lower_text("FROM devicetrigger:1", options));
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

TEST_CASE("what decides the outcome of a step changes its vertex") {
  const std::string before = "FROM debian\n";
  const Lowered plain = lower_text(before + "RUN make");
  for (const char* line : {"ENV a=b", "WORKDIR /w", "USER app", "SHELL [\"sh\"]", "ARG a=b"}) {
    CAPTURE(line);
    const Lowered changed = lower_text(before + line + "\nRUN make");
    CHECK(changed.graph[changed.root].digest != plain.graph[plain.root].digest);
  }
}

TEST_CASE("COPY --link does not depend on what lies below, unless its owner is a name there") {
  const auto input_of_copy = [](const std::string& flags) {
    const Lowered lowered = lower_text("FROM debian\nCOPY --link " + flags + " a /b");
    for (const graph::Vertex& vertex : lowered.graph.vertices()) {
      if (std::holds_alternative<graph::Copy>(vertex.op)) return vertex.inputs[0];
    }
    return graph::VertexId{};
  };
  CHECK(input_of_copy("") == graph::kNoInput);
  CHECK(input_of_copy("--chown=1000:50") == graph::kNoInput);
  CHECK(input_of_copy("--chown=:50") == graph::kNoInput);
  CHECK(input_of_copy("--chown=app") != graph::kNoInput);
  CHECK(input_of_copy("--chown=1000:staff") != graph::kNoInput);
  CHECK(input_of_copy("--chmod=755") != graph::kNoInput);
}

TEST_CASE("equal steps of two stages are one vertex") {
  const Lowered lowered =
      lower_text("FROM debian AS a\nRUN make\nFROM debian AS b\nRUN make\nCOPY --from=a /x /x\n");
  CHECK(lowered.graph.size() == 3);
}

TEST_CASE("nothing is asked of the resolver while the file is wrong") {
  const std::string texts[] = {
      "FROM debian\nRUN --network=host x",
      "FROM debian\nADD https://example.com/x.git#-x /x",
      "FROM debian\nEXPOSE x",
      "FROM debian AS a\nCOPY --from=b a b\nFROM debian AS b",
      "FROM debian\nCOPY --chmod=9 a b",
      "FROM debian\nNOPE",
  };
  for (const std::string& text : texts) {
    CAPTURE(text);
    FakeResolver resolver;
    CHECK_THROWS_AS(lower(text, options_for_test(), resolver), DockerfileError);
    CHECK(resolver.asked.empty());
  }
}

namespace {

/// `text` and `count` lines more; {} is the number of each.
std::string lines(std::string text, const std::string& line, int count) {
  for (int i = 0; i < count; ++i)
    text += fmt::vformat(line, fmt::make_format_args(i)) + "\n";
  return text;
}

}  // namespace

TEST_CASE("the name of the result is an argument") {
  const std::string text = "FROM debian AS First\nFROM debian AS Last\nARG TARGETSTAGE\nRUN x";
  const auto stage_in = [&](const std::string& target) {
    Options options = options_for_test();
    options.target = target;
    return last_run(lower_text(text, options)).env.entries().back();
  };
  CHECK(stage_in("") == "TARGETSTAGE=last");
  CHECK(stage_in("Last") == "TARGETSTAGE=Last");
  CHECK(stage_in("1") == "TARGETSTAGE=1");
}

TEST_CASE("variables and stages share what they have in common") {
  CHECK_NOTHROW(lower_text(lines(lines("FROM debian\n", "ENV V{}=v", 2500), "RUN x", 5000)));
  CHECK_NOTHROW(lower_text(lines("FROM debian\n", "ENV V{0}=v\nRUN x{0}", 5000)));

  std::string chain = "FROM scratch AS s0\n";
  for (int i = 1; i < 2000; ++i)
    chain += fmt::format("FROM s{} AS s{}\nLABEL l{}=v\nCOPY --from=s0 / /{}\n", i - 1, i, i, i);
  const Lowered lowered = lower_text(chain);
  CHECK(lowered.config.config.labels.size() == 1999);
  CHECK(lowered.layers.size() == 1999);
}

TEST_CASE("a stage that two others begin with is the same for both") {
  const Lowered lowered = lower_text(
      "FROM debian AS base\nENV A=1\nRUN base\nFROM base AS one\nENV B=1\nRUN one\n"
      "FROM base\nENV B=2\nCOPY --from=one /x /\nRUN two\n");
  CHECK(last_run(lowered).env.entries() ==
        std::vector<std::string>{"PATH=/usr/bin:/bin", "A=1", "B=2"});
  CHECK(lowered.layers.size() == 3);
}

TEST_CASE("what multiplies in a hostile file is refused") {
  const std::string texts[] = {
      lines("FROM debian\n", "EXPOSE 1-65535", 4000),
      "FROM debian\nEXPOSE " + lines("", "1-65535 \\", 6000) + "1\n",
      lines(lines("FROM debian\n", "ARG V{}=" + std::string(64, 'v'), 2500), "RUN x", 5000),
      lines(lines("FROM scratch AS a\n", "ONBUILD COPY --from=a / /", 1000),
            "FROM a\nCOPY --from={} / /", 1500),
      lines("FROM debian\nENV a=0123456789abcdef\n", "ENV a=$a$a", 14) +
          lines("", "ENV b{}=$a", 5000),
  };
  for (const std::string& text : texts) {
    CAPTURE(text.substr(0, 60));
    CHECK_THROWS_AS(lower_text(text), DockerfileError);
  }
}

TEST_CASE("a working directory is no longer than a path may be") {
  std::string text = "FROM debian\n";
  const std::string part(255, 'a');
  for (int i = 0; i < 15; ++i)
    text += "WORKDIR " + part + "\n";
  CHECK(lower_text(text).config.config.working_dir.size() == 15 * 256);
  CHECK_THROWS_WITH_AS(lower_text(text + "WORKDIR " + part),
                       doctest::Contains("a path of 4096 bytes (at most 4095"), DockerfileError);
  for (int i = 0; i < 100'000; ++i)
    text += "WORKDIR a\n";
  try {
    lower_text(text);
    FAIL("was taken");
  } catch (const DockerfileError& error) {
    CHECK(error.diagnostics().size() <= 1000);
  }
}

TEST_CASE("a config that would not be read again is refused at what makes it large") {
  const std::string big(720 << 10, '\x01');  // six bytes each in JSON
  const std::string half(250 << 10, '\x01');

  struct Row {
    std::string text;
    int line;
  };

  const Row rows[] = {
      {"FROM debian\nLABEL a=" + big, 2},
      {"FROM debian\nENV b=c\nENV a=" + big + "\nLABEL x=y", 3},
      {"FROM debian\nONBUILD RUN echo " + big, 2},
      {"FROM debian\nCMD " + big, 2},
      {"FROM debian\nRUN <<E\n" + big + "\nE", 2},
      {"FROM debian\nRUN cat <<E\n" + big + "\nE", 2},
      {"FROM debian AS a\nLABEL a=" + half + "\nFROM a\nLABEL b=c" + half, 4},
      {"FROM debian\nENV a=" + half.substr(0, 100 << 10) + "\nLABEL b=$a$a c=$a$a d=$a$a e=$a$a",
       3},
      {"FROM debian\nEXPOSE 1-65535\nEXPOSE 1-65535/udp 1-65535/sctp", 3},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 60));
    try {
      lower_text(row.text);
      FAIL_CHECK("was taken");
    } catch (const DockerfileError& error) {
      CHECK(error.range().line == row.line);
      CHECK(std::string(error.what()).starts_with("the image config comes to "));
    }
  }
  // A stage of which only files are taken has no config that is written.
  CHECK_NOTHROW(
      lower_text("FROM debian AS a\nLABEL a=" + big + "\nFROM scratch\nCOPY --from=a a b"));
  CHECK_NOTHROW(lower_text("FROM debian\nLABEL a=" + half));
  Options options = options_for_test();
  options.labels["a"] = big;
  try {
    lower_text("FROM debian\nLABEL b=c", options);
    FAIL_CHECK("was taken");
  } catch (const DockerfileError&) {
    FAIL_CHECK("is not the Dockerfile's fault");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("config.Labels.a (4.42MB)") != std::string::npos);
  }
}

TEST_CASE("a stage that is not needed may hold what is not supported") {
  CHECK_NOTHROW(
      lower_text("FROM missing AS a\nADD https://example.com/x.git#-x /x\nFROM debian\nRUN x"));
}

TEST_CASE("history prints as Go does") {
  CHECK(go_quoted("a\"b\\c\n\t\x01\x7F\xC3\xBC") == "\"a\\\"b\\\\c\\n\\t\\x01\\x7f\xC3\xBC\"");
  CHECK(go_quoted_list({}) == "[]");

  struct Row {
    std::int64_t nanoseconds;
    std::string text;
  };

  const Row rows[] = {
      {0, "0s"},
      {1, "1ns"},
      {1'500, "1.5µs"},
      {100'000'000, "100ms"},
      {1'500'000'000, "1.5s"},
      {90'000'000'000, "1m30s"},
      {3'600'000'000'000, "1h0m0s"},
      {-1'000'000'000, "-1s"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.nanoseconds);
    CHECK(go_duration(row.nanoseconds) == row.text);
  }
}
