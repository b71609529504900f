// STATUS and PORTS of a container in docker's words.
#include <doctest/doctest.h>

#include "src/cli/container_status.h"
#include "src/cli/port_column.h"

namespace cbuild::cli {
namespace {

using State = ContainerStatus::State;
using Health = ContainerStatus::Health;

TEST_CASE("a status says the state, since when, and the health or the exit code") {
  struct Row {
    ContainerStatus status;
    const char* text;
  };

  constexpr std::int64_t kHour = 3600;
  const Row rows[] = {
      {{State::created, Health::none, 0, 10}, "Created"},
      {{State::running, Health::none, 0, 0}, "Up Less than a second"},
      {{State::running, Health::none, 0, 1}, "Up 1 second"},
      {{State::running, Health::none, 0, 300}, "Up 5 minutes"},
      {{State::running, Health::none, 0, kHour}, "Up About an hour"},
      {{State::running, Health::starting, 0, 3}, "Up 3 seconds (health: starting)"},
      {{State::running, Health::healthy, 0, 3}, "Up 3 seconds (healthy)"},
      {{State::running, Health::unhealthy, 0, 60}, "Up About a minute (unhealthy)"},
      {{State::paused, Health::none, 0, 300}, "Up 5 minutes (Paused)"},
      {{State::paused, Health::healthy, 0, 300}, "Up 5 minutes (Paused)"},
      {{State::restarting, Health::none, 1, 3}, "Restarting (1) 3 seconds ago"},
      {{State::removing, Health::none, 0, 3}, "Removal In Progress"},
      {{State::exited, Health::none, 0, 120}, "Exited (0) 2 minutes ago"},
      {{State::exited, Health::healthy, 137, 15 * 24 * kHour}, "Exited (137) 2 weeks ago"},
      {{State::dead, Health::none, 0, 3}, "Dead"},
  };
  for (const Row& row : rows)
    CHECK(status_text(row.status) == row.text);
}

ShownPort inner(std::uint16_t port, const std::string& protocol = "tcp") {
  return {.address = "", .published = 0, .port = port, .protocol = protocol};
}

ShownPort published(const std::string& address, std::uint16_t published, std::uint16_t port) {
  return {.address = address, .published = published, .port = port, .protocol = "tcp"};
}

TEST_CASE("ports are shown as docker shows them") {
  struct Row {
    std::vector<ShownPort> ports;
    const char* text;
  };

  const std::string all = "0.0.0.0";
  const Row rows[] = {
      {{}, ""},
      {{inner(6379)}, "6379/tcp"},
      {{inner(53, "udp"), inner(53)}, "53/tcp, 53/udp"},
      {{published(all, 5000, 80)}, "0.0.0.0:5000->80/tcp"},
      {{published(all, 80, 80)}, "0.0.0.0:80->80/tcp"},
      {{published("::", 5000, 80), published(all, 5000, 80)},
       "0.0.0.0:5000->80/tcp, [::]:5000->80/tcp"},
      {{published("::1", 80, 80)}, "[::1]:80->80/tcp"},
      {{inner(8001), inner(8000), inner(8002)}, "8000-8002/tcp"},
      {{inner(8000), inner(8002)}, "8000/tcp, 8002/tcp"},
      {{inner(80), inner(80)}, "80/tcp"},
      {{inner(80), inner(81, "udp")}, "80/tcp, 81/udp"},
      {{inner(65535), inner(65534)}, "65534-65535/tcp"},
      {{published(all, 8000, 8000), published(all, 8001, 8001), published(all, 8002, 8002)},
       "0.0.0.0:8000-8002->8000-8002/tcp"},
      {{published(all, 9000, 8000), published(all, 9001, 8001)},
       "0.0.0.0:9000->8000/tcp, 0.0.0.0:9001->8001/tcp"},
      {{published(all, 80, 80), published("127.0.0.1", 81, 81)},
       "0.0.0.0:80->80/tcp, 127.0.0.1:81->81/tcp"},
      // Recorded with docker 28.2.
      {{published(all, 5000, 80), published("::", 5000, 80), inner(6379), inner(6380),
        published(all, 8000, 8000), published(all, 8001, 8001), published("::", 8001, 8001)},
       "6379-6380/tcp, 0.0.0.0:8000-8001->8000-8001/tcp, [::]:8001->8001/tcp, "
       "0.0.0.0:5000->80/tcp, [::]:5000->80/tcp"},
  };
  for (const Row& row : rows)
    CHECK(port_column(row.ports) == row.text);
}

}  // namespace
}  // namespace cbuild::cli
