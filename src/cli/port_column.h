// The PORTS of a container in docker's words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cbuild::cli {

/// One port of a container, and where it is published.
struct ShownPort {
  std::string address;          ///< of the host; empty = not published
  std::uint16_t published = 0;  ///< port of the host
  std::uint16_t port = 0;       ///< of the container
  std::string protocol = "tcp";
};

/// "6379/tcp, 0.0.0.0:5000->80/tcp, [::]:5000->80/tcp". Neighbours are one range when they are not
/// published, or at their own number: "0.0.0.0:8000-8002->8000-8002/tcp". Those that are published
/// at another number stand last.
std::string port_column(std::vector<ShownPort> ports);

}  // namespace cbuild::cli
