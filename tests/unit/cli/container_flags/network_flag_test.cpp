// --network and --link.
#include "src/cli/container_flags/network_flag.h"

#include "src/cli/container_flags/link_flag.h"
#include "src/cli/container_flags/network_names.h"
#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

std::string refusal(const std::string& text) {
  const std::string message = refusal_of([&] { parse_network_flag(text); });
  const std::string context = "--network '" + text + "': ";
  return message.starts_with(context) ? message.substr(context.size()) : message;
}

TEST_CASE("a network is a name or a mode") {
  for (const char* name : {"back", "bridge", "host", "none", "container:db", "my net"}) {
    NetworkAttachment wanted;
    wanted.name = name;
    CHECK(parse_network_flag(name) == wanted);
  }
  CHECK(refusal("") == "network name/id is not specified");
  CHECK(refusal("container:").starts_with("invalid container format container:<name|id>"));
}

TEST_CASE("a network with pairs has aliases, addresses and options") {
  const NetworkAttachment network = parse_network_flag(
      "name=back,alias=db,alias=db.local,ip=10.0.0.5,ip6=[fd00::5],mac-address=02-42-AC-11-00-02,"
      "driver-opt=a.b=c=d,gw-priority=-3");
  CHECK(network.name == "back");
  CHECK(network.aliases == std::vector<std::string>{"db", "db.local"});
  CHECK(network.ip == "10.0.0.5");
  CHECK(network.ip6 == "fd00::5");
  CHECK(network.mac == "02:42:ac:11:00:02");
  CHECK(network.driver_options == std::map<std::string, std::string>{{"a.b", "c=d"}});
  CHECK(network.gateway_priority == -3);
  CHECK(parse_network_flag("NAME=back, Alias= db ").aliases == std::vector<std::string>{"db"});
  CHECK(parse_network_flag("name=host").name == "host");
}

TEST_CASE("what is no network is refused by name") {
  struct Row {
    const char* text;
    const char* why;
  };

  const Row rows[] = {
      {"alias=db", "network name/id is not specified"},
      {"name=", "network name/id is not specified"},
      {"name=a,db", "invalid field db"},
      {"=a", "invalid field =a"},
      {"name=a,colour=red", "invalid field key colour"},
      {"name=a,ip=10.0.0", "invalid ip: '10.0.0' is not an IPv4 address"},
      {"name=a,ip=fd00::1", "invalid ip: 'fd00::1' is not an IPv4 address"},
      {"name=a,ip6=10.0.0.1", "invalid ip6: '10.0.0.1' is not an IPv6 address"},
      {"name=a,mac-address=02:42", "invalid mac-address: 02:42 is not a valid mac"},
      {"name=a,mac-address=03:42:ac:11:00:02", "invalid mac-address: 03:"},
      {"name=a,mac-address=0g:42:ac:11:00:02", "invalid mac-address: 0g:"},
      {"name=a,alias=-x", "invalid alias: '-x'"},
      {"name=a,alias=", "invalid alias: ''"},
      {"name=a,driver-opt=x", "invalid key value pair format in driver options"},
      {"name=a,gw-priority=1x", "invalid gw-priority: 1x"},
      {"name=a,link-local-ip=169.254.1.1", "link-local-ip is not supported"},
      {"name=host,ip=10.0.0.5", "conflicting options: 'host' is no network"},
      {"name=none,alias=x", "network-scoped aliases are only supported for user-defined networks"},
      {"name=container:a,alias=x", "network-scoped aliases are only supported for"}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const std::string why = refusal(row.text);
    CAPTURE(why);
    CHECK(why.starts_with(row.why));
  }
}

TEST_CASE("names on a network are host names") {
  for (const std::string& name : {std::string("db"), std::string("a_b"), std::string("9"),
                                  std::string("a.b-c.d"), std::string(63, 'x')})
    CHECK_NOTHROW(check_host_name("alias", name));
  const std::string label = std::string(63, 'x') + ".";
  CHECK_NOTHROW(check_host_name("alias", label + label + label + std::string(61, 'x')));
  for (const std::string& name :
       {std::string("a..b"), std::string("a b"), std::string("a-"), std::string(64, 'x'),
        std::string("é"), std::string("a."), label + label + label + std::string(62, 'x')}) {
    CAPTURE(name);
    CHECK_THROWS_AS(check_host_name("alias", name), Error);
  }
}

TEST_CASE("a link is a container and an alias") {
  CHECK(parse_link_flag("db") == LinkRequest{"db", "db"});
  CHECK(parse_link_flag("my_db:db") == LinkRequest{"my_db", "db"});
  const auto why = [](const std::string& text) {
    return refusal_of([&] { parse_link_flag(text); });
  };
  CHECK(why("").starts_with("--link '': empty string specified for links"));
  for (const char* text : {"a:b:c", ":b", "a:", ":"}) {
    CHECK(why(text).find(": bad format for links: " + std::string(text)) != std::string::npos);
  }
  CHECK(why("a:b c").find("invalid alias: 'b c'") != std::string::npos);
}

}  // namespace
}  // namespace cbuild::cli
