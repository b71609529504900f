// Parses published ports; see port_spec.h.
#include "cbuild/network/port_spec.h"

#include <optional>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::network {

namespace {

struct Range {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  unsigned size() const noexcept { return last - first + 1U; }
};

constexpr std::uint64_t kHighest = 65535;
constexpr std::string_view kWanted = "want [IP:][HOST:]CONTAINER[/tcp|udp], ports 1 to 65535";

/// Throws for one text, which it names.
class Parser {
 public:
  Parser(std::string_view what, std::string_view text) : what_(what), text_(text) {}

  [[noreturn]] void refuse(std::string_view reason) const {
    throw Error(ErrorKind::usage, "invalid {} '{}': {}", what_, printable(text_), reason)
        .with_subject(std::string(text_));
  }

  std::uint16_t port(std::string_view text, std::string_view side, std::uint64_t lowest) const {
    const auto number = parse_uint(text);
    if (!number || *number < lowest || *number > kHighest) {
      refuse(fmt::format("invalid {}: '{}' is no port ({} to {})", side, printable(text), lowest,
                         kHighest));
    }
    return static_cast<std::uint16_t>(*number);
  }

  Range range(std::string_view text, std::string_view side) const {
    const auto dash = text.find('-');
    const bool is_one = dash == std::string_view::npos;
    // A host port of 0 is one that is free.
    const std::uint64_t lowest = is_one && side == kHostSide ? 0 : 1;
    const std::uint16_t first = port(text.substr(0, dash), side, lowest);
    if (is_one) return {first, first};
    const std::uint16_t last = port(text.substr(dash + 1), side, 1);
    if (last < first) refuse(fmt::format("the {} ends before it begins", side));
    return {first, last};
  }

  /// Cuts "/udp" off.
  Protocol protocol(std::string_view& ports) const {
    const auto slash = ports.find('/');
    if (slash == std::string_view::npos) return Protocol::tcp;
    const std::string name = to_lower(ports.substr(slash + 1));
    ports = ports.substr(0, slash);
    if (name == "tcp") return Protocol::tcp;
    if (name == "udp") return Protocol::udp;
    refuse(fmt::format("invalid protocol '{}' (want tcp or udp)", printable(name)));
  }

  static constexpr std::string_view kHostSide = "host port";
  static constexpr std::string_view kContainerSide = "container port";

 private:
  std::string_view what_;
  std::string_view text_;
};

/// The three parts of -p, of which the last is always there.
struct Parts {
  std::optional<std::string_view> ip;
  std::optional<std::string_view> host;
  std::string_view container;
};

Parts split_parts(std::string_view text) {
  Parts parts{std::nullopt, std::nullopt, text};
  const auto last = text.rfind(':');
  if (last == std::string_view::npos) return parts;
  parts.container = text.substr(last + 1);
  const std::string_view before = text.substr(0, last);
  const auto middle = before.rfind(':');
  parts.host = middle == std::string_view::npos ? before : before.substr(middle + 1);
  if (middle != std::string_view::npos) parts.ip = before.substr(0, middle);
  return parts;
}

/// Without its brackets.
std::string parse_ip(std::string_view text, const Parser& parser) {
  if (text.empty()) return {};
  const bool has_brackets = text.size() > 2 && text.front() == '[' && text.back() == ']';
  std::string ip(has_brackets ? text.substr(1, text.size() - 2) : text);
  const auto address = Endpoint::parse(ip, 0);
  if (!address || address->is_v6() != has_brackets) {
    parser.refuse(fmt::format("invalid IP address '{}' (want 127.0.0.1 or [::1]; {})",
                              printable(text), kWanted));
  }
  return ip;
}

}  // namespace

std::string_view to_string(Protocol protocol) noexcept {
  return protocol == Protocol::udp ? "udp" : "tcp";
}

std::vector<PortMapping> parse_port_spec(std::string_view text) {
  const Parser parser("port specification", text);
  Parts parts = split_parts(text);
  if (parts.container.empty()) parser.refuse(fmt::format("no container port ({})", kWanted));
  const Protocol protocol = parser.protocol(parts.container);
  const Range container = parser.range(parts.container, Parser::kContainerSide);
  const std::string ip = parts.ip ? parse_ip(*parts.ip, parser) : std::string();
  Range host;
  if (parts.host && !parts.host->empty()) host = parser.range(*parts.host, Parser::kHostSide);
  const bool is_any = host.first == 0;
  const bool is_choice = container.size() == 1 && host.size() > 1;
  if (!is_any && !is_choice && host.size() != container.size()) {
    parser.refuse(fmt::format("{} host ports for {} container ports (want ranges of one length)",
                              host.size(), container.size()));
  }

  std::vector<PortMapping> mappings;
  for (unsigned i = 0; i < container.size(); ++i) {
    PortMapping& mapping = mappings.emplace_back();
    mapping.host_ip = ip;
    mapping.host_port = is_any ? std::uint16_t{0} : static_cast<std::uint16_t>(host.first + i);
    mapping.host_port_end = is_choice ? host.last : std::uint16_t{0};
    mapping.container = {static_cast<std::uint16_t>(container.first + i), protocol};
  }
  return mappings;
}

std::vector<ContainerPort> parse_expose(std::string_view text) {
  const Parser parser("exposed port", text);
  std::string_view ports = text;
  const Protocol protocol = parser.protocol(ports);
  const Range range = parser.range(ports, Parser::kContainerSide);
  std::vector<ContainerPort> exposed;
  for (unsigned i = 0; i < range.size(); ++i)
    exposed.push_back({static_cast<std::uint16_t>(range.first + i), protocol});
  return exposed;
}

}  // namespace cbuild::network
