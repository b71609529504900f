// Tests: --secret, --ssh, --allow, --add-host → request.
#include "src/cli/run_options.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "cbuild/build/request.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "tests/unit/cli/build_request.h"

namespace cbuild::cli {
namespace {

/// A directory with the file "key" in it, holding "file".
struct Directory {
  Directory() {
    make_directories(path);
    write_file_atomically(path + "/key", "file");
  }

  ~Directory() { std::filesystem::remove_all(path); }

  std::string path = std::filesystem::temp_directory_path().string() + "/run_options_test." +
                     std::to_string(::getpid());
};

std::optional<std::string> environment(const char* name) {
  if (std::string_view(name) == "VARIABLE") return "variable";
  return std::nullopt;
}

build::Request request(const std::vector<std::string>& words) {
  const Directory directory;
  return request_of(words, environment, directory.path);
}

std::string refusal(const std::vector<std::string>& words) {
  return refusal_of([&] { request(words); });
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a secret is read from a file or a variable") {
  struct Row {
    std::string option, id, value;
  };

  const Row rows[] = {
      {"id=a,src=key", "a", "file"},
      {"source=key,ID=a", "a", "file"},
      {"id=a,env=VARIABLE", "a", "variable"},
      {"type=env,id=a,src=VARIABLE", "a", "variable"},
      {"type=file,id=a,src=key", "a", "file"},
      {"id=VARIABLE", "VARIABLE", "variable"},
      {"id=key", "key", "file"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.option);
    const auto secrets = request({".", "--secret", row.option}).run.secrets;
    CHECK(secrets == std::map<std::string, std::string>{{row.id, row.value}});
  }
}

TEST_CASE("a secret that cannot be had is refused, with what to write") {
  CHECK(holds(refusal({".", "--secret", "src=key"}), "the id is missing"));
  CHECK(holds(refusal({".", "--secret", "id=a,scr=key"}), "did you mean src?"));
  CHECK(holds(refusal({".", "--secret", "key"}), "must be a key=value pair"));
  CHECK(holds(refusal({".", "--secret", "id=a,type=envv"}), "did you mean env?"));
  CHECK(holds(refusal({".", "--secret", "id=a,src=key,env=VARIABLE"}), "not both"));
  CHECK(holds(refusal({".", "--secret", "id=a,\"src=key"}), "missing \" in quoted-field"));
  CHECK(holds(refusal({".", "--secret", "id=a,env=NONE"}), "the variable NONE is not set"));
  CHECK(holds(refusal({".", "--secret", "id=a,src=none"}), "No such file"));
  CHECK(holds(refusal({".", "--secret", "id=a,src=."}), "is a directory"));
}

TEST_CASE("hosts are names and addresses") {
  struct Row {
    std::string option, name, address;
  };

  const Row rows[] = {
      {"db:10.0.0.1", "db", "10.0.0.1"}, {"db=10.0.0.1", "db", "10.0.0.1"},
      {"db:::1", "db", "::1"},           {"db=fe80::1", "db", "fe80::1"},
      {"db:[::1]", "db", "::1"},         {"db=host-gateway", "db", "host-gateway"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.option);
    CHECK(request({".", "--add-host", row.option}).run.hosts ==
          std::vector<ops::HostEntry>{{row.name, row.address}});
  }
  for (const char* wrong : {"db", "db:", ":10.0.0.1", "db:10.0.0", "d b:10.0.0.1", "db:x"})
    CHECK(holds(refusal({".", "--add-host", wrong}), "want HOST:ADDRESS"));
}

TEST_CASE("what steps may ask for") {
  CHECK_FALSE(request({"."}).allow_host_network);
  CHECK(request({".", "--allow", "network.host"}).allow_host_network);
  CHECK(request({".", "--network", "host"}).allow_host_network);
  CHECK(request({".", "--allow", "security.insecure"}).allow_insecure);
  CHECK(holds(refusal({".", "--allow", "network.hots"}), "did you mean network.host?"));
  CHECK(holds(refusal({".", "--allow", "device"}), "no devices"));
}

TEST_CASE("agents are named by id; keys are read") {
  const auto ssh = request({".", "--ssh", "work=key"}).run.ssh;
  REQUIRE(ssh.contains("work"));
  CHECK(ssh.at("work").keys == std::vector<std::string>{"file"});
  CHECK(holds(refusal({".", "--ssh", "default"}), "SSH_AUTH_SOCK is not set"));
  CHECK(holds(refusal({".", "--ssh", "a=none"}), "No such file"));
  CHECK(holds(refusal({".", "--ssh", "a=key", "--ssh", "a=key"}), "given twice"));
}

TEST_CASE("a secret has a limit, whether it is a file or a variable") {
  const std::string most(500 << 10, 'x');
  const auto lookup = [&](const char* name) -> std::optional<std::string> {
    if (std::string_view(name) == "MOST") return most;
    if (std::string_view(name) == "MORE") return most + "x";
    return std::nullopt;
  };
  const Directory directory;
  write_file_atomically(directory.path + "/most", most);
  write_file_atomically(directory.path + "/more", most + "x");
  const auto ask = [&](const std::string& option) {
    return refusal_of([&] { request_of({".", "--secret", option}, lookup, directory.path); });
  };
  CHECK(ask("id=a,src=most") == "accepted");
  CHECK(ask("id=a,env=MOST") == "accepted");
  CHECK(ask("id=a,env=MORE") == "--secret id=a is too large (at most 500 KiB)");
  CHECK(holds(ask("id=a,src=more"), "more is too large (at most 500 KiB)"));
}

TEST_CASE("a secret may be empty, hold any bytes and be given again") {
  const Directory directory;
  write_file_atomically(directory.path + "/empty", "");
  write_file_atomically(directory.path + "/bytes", std::string("\0\n\xff", 3));
  const auto secrets = request_of({".", "--secret", "id=a,src=empty", "--secret", "id=b,src=bytes",
                                   "--secret", "id=c,src=empty", "--secret", "id=c,src=bytes"},
                                  environment, directory.path)
                           .run.secrets;
  CHECK(secrets.at("a").empty());
  CHECK(secrets.at("b") == std::string("\0\n\xff", 3));
  CHECK(secrets.at("c") == secrets.at("b"));  // the last one counts
}

TEST_CASE("a source with blanks, commas and quotes is quoted as CSV") {
  const Directory directory;
  write_file_atomically(directory.path + "/a, \"b\"", "odd");
  const auto secrets =
      request_of({".", "--secret", "id=x,\"src=a, \"\"b\"\"\""}, environment, directory.path)
          .run.secrets;
  CHECK(secrets.at("x") == "odd");
}

TEST_CASE("names of hosts hold nothing that would end their line") {
  for (const std::string wrong : {"a\nb:10.0.0.1", "a\tb:10.0.0.1", "a#b:10.0.0.1",
                                  "a\x7f:10.0.0.1", "a:10.0.0.1\n", "a:[10.0.0.1", "a:[]"}) {
    CAPTURE(wrong);
    CHECK(holds(refusal({".", "--add-host", wrong}), "want HOST:ADDRESS"));
  }
}

TEST_CASE("hosts are kept in the order they are given") {
  const auto run = request({".", "--add-host", "b:10.0.0.1", "--add-host", "a:10.0.0.2",
                            "--add-host", "b:10.0.0.3"})
                       .run;
  CHECK(run.hosts ==
        std::vector<ops::HostEntry>{{"b", "10.0.0.1"}, {"a", "10.0.0.2"}, {"b", "10.0.0.3"}});
}

TEST_CASE("an agent is a socket, or keys, and not both") {
  const Directory directory;
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const Fd closed_at_end(listener);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = directory.path + "/agent";
  REQUIRE(path.size() < sizeof address.sun_path);
  std::ranges::copy(path, address.sun_path);
  REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const auto lookup = [&](const char* name) -> std::optional<std::string> {
    return std::string_view(name) == "SSH_AUTH_SOCK" ? std::optional(path) : std::nullopt;
  };
  const auto ssh = [&](const std::string& option) {
    return request_of({".", "--ssh", option}, lookup, directory.path).run.ssh;
  };
  for (const std::string option : {"default", "default=", "=", "default=agent"}) {
    CAPTURE(option);
    CHECK(ssh(option).at("default").socket == path);
  }
  CHECK(ssh("two=key,key").at("two").keys == std::vector<std::string>{"file", "file"});
  CHECK(refusal_of([&] { ssh("a=agent,key"); }) ==
        "--ssh a: give the socket of an agent or keys, not both");
  CHECK(refusal_of([&] { ssh("a=agent,agent"); }) == "--ssh a: only one agent socket may be given");
  const auto wrong = [&](const char*) { return std::optional(directory.path + "/key"); };
  CHECK(holds(refusal_of([&] {
                request_of({".", "--ssh", "a"}, wrong, directory.path);
              }),
              "which is not a socket"));
}

TEST_CASE("an agent that does not run is told with what starts one") {
  try {
    request({".", "--ssh", "work"});
    FAIL("it was accepted");
  } catch (const Error& error) {
    CHECK(error.hint() ==
          "start one: eval $(ssh-agent) && ssh-add; or name a key: --ssh work=FILE");
  }
}

}  // namespace
}  // namespace cbuild::cli
