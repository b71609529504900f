// The PORTS of a container; see port_column.h.
#include "src/cli/port_column.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

/// IPv6 in brackets, for a colon and the port follow.
std::string host_part(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

/// Ports in a row with the same address and protocol.
struct Range {
  std::string address;
  std::string protocol;
  unsigned first;
  unsigned last;

  bool takes(const ShownPort& port) const {
    return address == port.address && protocol == port.protocol;
  }

  std::string to_text() const {
    const std::string ports =
        first == last ? std::to_string(first) : fmt::format("{}-{}", first, last);
    if (address.empty()) return fmt::format("{}/{}", ports, protocol);
    return fmt::format("{}:{}->{}/{}", host_part(address), ports, ports, protocol);
  }
};

auto order_of(const ShownPort& port) {
  return std::tie(port.port, port.address, port.published, port.protocol);
}

}  // namespace

std::string port_column(std::vector<ShownPort> ports) {
  std::ranges::sort(ports, {}, order_of);
  std::vector<std::string> done;
  std::vector<std::string> at_other_number;
  std::vector<Range> open;
  for (const ShownPort& port : ports) {
    if (!port.address.empty() && port.published != port.port) {
      at_other_number.push_back(fmt::format("{}:{}->{}/{}", host_part(port.address), port.published,
                                            port.port, port.protocol));
      continue;
    }
    const auto range = std::ranges::find_if(open, [&](const Range& r) { return r.takes(port); });
    const Range alone{port.address, port.protocol, port.port, port.port};
    if (range == open.end()) {
      open.push_back(alone);
    } else if (port.port == range->last + 1U) {
      range->last = port.port;
    } else if (port.port > range->last) {
      done.push_back(range->to_text());
      *range = alone;
    }
  }
  for (const Range& range : open)
    done.push_back(range.to_text());
  done.insert(done.end(), at_other_number.begin(), at_other_number.end());
  return join(done, ", ");
}

}  // namespace cbuild::cli
