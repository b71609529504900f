// Lowers the instructions that change the config: ENV, ARG, USER, CMD and the like.
#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/go_text.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/stage_lowering.h"
#include "frontend/dockerfile/stage_state.h"

namespace cbuild::frontend {

namespace {

/// Sets "K=V" in an environment: replaced in its place, or put at the end.
void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value) {
  const std::string prefix = name + "=";
  for (std::string& entry : env) {
    if (entry.starts_with(prefix)) {
      entry = prefix + value;
      return;
    }
  }
  env.push_back(prefix + value);
}

/// Source: Linux signal(7); STOPSIGNAL takes them with and without "SIG".
constexpr std::string_view kSignals[] = {
    "ABRT", "ALRM",   "BUS",  "CHLD",   "CLD",   "CONT", "FPE",  "HUP",   "ILL",
    "INT",  "IO",     "IOT",  "KILL",   "PIPE",  "POLL", "PROF", "PWR",   "QUIT",
    "SEGV", "STKFLT", "STOP", "SYS",    "TERM",  "TRAP", "TSTP", "TTIN",  "TTOU",
    "URG",  "USR1",   "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX"};

constexpr std::uint64_t kLastSignal = 64;
constexpr std::uint64_t kLastPort = 65535;

bool is_signal(const std::string& text) {
  if (const auto number = parse_uint(text)) return *number > 0 && *number <= kLastSignal;
  std::string name = to_upper(text);
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (const auto& [prefix, most] : {std::pair{"RTMIN+", 15U}, std::pair{"RTMAX-", 14U}}) {
    if (!name.starts_with(prefix)) continue;
    const auto offset = parse_uint(std::string_view(name).substr(6));
    return offset && *offset >= 1 && *offset <= most;
  }
  return std::ranges::find(kSignals, name) != std::end(kSignals);
}

void check_signal(const ast::Word& word, const std::string& signal) {
  if (is_signal(signal)) return;
  std::string name = to_upper(signal);
  if (name.starts_with("SIG")) name.erase(0, 3);
  const std::vector<std::string> names(std::begin(kSignals), std::end(kSignals));
  constexpr std::size_t kTooShort = 4;  // nearly any is like any other
  const auto near = name.size() < kTooShort ? std::nullopt : nearest(name, names);
  throw DockerfileError(word.range, fmt::format("invalid signal: {} ({})", printable(signal),
                                                near ? fmt::format("did you mean SIG{}?", *near)
                                                     : "want SIGTERM or 15"));
}

struct Ports {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::string protocol;
};

struct PortRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

std::optional<PortRange> parse_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_uint(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_uint(text.substr(dash + 1));
  if (!first || !last || *first > *last || *last > kLastPort) return std::nullopt;
  return PortRange{*first, *last};
}

bool is_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::array<std::byte, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, std::string(text).c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, std::string(text).c_str(), address.data()) == 1;
}

/// Why "IP:PORT" of the host, either of which may be missing, cannot be; empty when it can.
std::string wrong_host_part(std::string_view host, const PortRange& container) {
  const auto colon = host.rfind(':');
  const std::string_view address =
      colon == std::string_view::npos ? std::string_view() : host.substr(0, colon);
  const std::string_view port = host.substr(colon == std::string_view::npos ? 0 : colon + 1);
  if (!address.empty() && !is_address(address))
    return fmt::format("invalid IP address: {}", address);
  if (port.empty()) return {};
  const auto range = parse_range(port);
  if (!range) return fmt::format("invalid hostPort: {}", port);
  const std::uint64_t count = container.last - container.first;
  if (count != 0 && count != range->last - range->first)
    return "invalid ranges specified for container and host Ports";
  return {};
}

/// The ports that "80", "7000-7002/udp" or "127.0.0.1:8080:80/tcp" names. The container's port is
/// what counts.
Ports parse_ports(const ast::Word& word, const std::string& text) {
  const auto refuse =
      [&](std::string_view why =
              "want PORT or PORT-PORT up to 65535, then /tcp, /udp or /sctp") -> DockerfileError {
    return DockerfileError(word.range, fmt::format("invalid port '{}' ({})", text, why));
  };
  const auto slash = text.find('/');
  std::string protocol =
      slash == std::string::npos ? "" : to_lower(std::string_view(text).substr(slash + 1));
  if (protocol.empty()) protocol = "tcp";
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
    throw refuse(fmt::format("invalid proto: {}, want tcp, udp or sctp", printable(protocol)));
  }

  std::string_view port = std::string_view(text).substr(0, slash);
  std::string_view host;
  if (const auto colon = port.rfind(':'); colon != std::string_view::npos) {
    host = port.substr(0, colon);
    port.remove_prefix(colon + 1);
  }
  const auto range = parse_range(port);
  if (!range) throw refuse();
  if (const std::string wrong = wrong_host_part(host, *range); !wrong.empty()) {
    throw DockerfileError(word.range,
                          fmt::format("{} (want only the port of the container: {})", wrong, port));
  }
  return {range->first, range->last, protocol};
}

/// argv of a command; shell form goes through SHELL as it is now.
std::vector<std::string> argv_of(const StageLowering& stage, const ast::Command& command) {
  return command.exec ? command.argv : stage.with_shell(command.text);
}

/// CMD [] and ENTRYPOINT [] remove the value of the base.
void set_command(std::optional<std::vector<std::string>>& member, std::vector<std::string> argv) {
  member.reset();
  if (!argv.empty()) member = std::move(argv);
}

/// Arguments that select the contents of an SBOM: steps do not see them.
bool speaks_to_builder(const std::string& name) {
  return name == "BUILDKIT_SBOM_SCAN_CONTEXT" || name == "BUILDKIT_SBOM_SCAN_STAGE";
}

std::int64_t nanoseconds(const std::optional<std::chrono::nanoseconds>& duration) {
  return duration ? duration->count() : 0;
}

}  // namespace

void ast::Env::lower(StageLowering& stage) const {
  // All values see the variables as they were before the line.
  std::vector<std::pair<std::string, std::string>> expanded;
  for (const ast::KeyValue& pair : values) {
    expanded.emplace_back(stage.expand(pair.key), stage.expand(pair.value));
    if (expanded.back().first.empty())
      throw DockerfileError(pair.key.range, "ENV names can not be blank");
  }
  std::string text = "ENV";
  for (const auto& [name, value] : expanded) {
    if (stage.state().variables.contains(name)) {
      set_env(stage.config().env, name, value);
    } else {
      stage.config().env.push_back(name + "=" + value);
    }
    stage.state().arguments.set(name, value);
    stage.state().variables.set(name, value);
    text += fmt::format(" {}={}", name, value);
  }
  stage.add_history(text);
}

void ast::Arg::lower(StageLowering& stage) const {
  std::string text = "ARG";
  for (const ast::ArgDeclaration& declaration : declarations) {
    const std::string& name = declaration.name.text;
    std::optional<std::string> value = stage.build_argument(name);
    if (!value) {
      value = declaration.value ? stage.expand(*declaration.value) : stage.global_argument(name);
    }
    text += " " + name;
    if (value) {  // else it hides no ENV of that name
      text += "=" + *value;
      if (!speaks_to_builder(name)) stage.state().variables.set(name, *value);
    } else {
      value = stage.state().variables.find(name);
    }
    stage.state().arguments.declare(name, value.value_or(""));
  }
  stage.add_history(text);
}

void ast::User::lower(StageLowering& stage) const {
  const std::string name = stage.expand(user);
  stage.config().user = name;
  stage.state().user = stage.written(user, name);
  stage.add_history("USER " + name);
}

void ast::Label::lower(StageLowering& stage) const {
  std::string text = "LABEL";
  for (const ast::KeyValue& pair : values) {
    const std::string key = stage.expand(pair.key);
    if (key.empty()) throw DockerfileError(pair.key.range, "LABEL names can not be blank");
    const std::string value = stage.expand(pair.value);
    text += fmt::format(" {}={}", key, value);
    stage.config().labels[key] = value;
  }
  stage.add_history(text);
}

void ast::Expose::check(const Options& /*options*/) const {
  for (const ast::Word& word : ports) {
    if (is_constant(word) && word.text.find_first_of("\"'\\`") == std::string::npos)
      parse_ports(word, word.text);
  }
}

void ast::Expose::lower(StageLowering& stage) const {
  std::vector<const ast::Word*> words;
  for (const ast::Word& word : ports)
    words.push_back(&word);
  // BuildKit sorts the words before it expands them.
  std::ranges::stable_sort(words, {}, [](const ast::Word* word) { return word->text; });
  std::vector<std::string> expanded;
  for (const ast::Word* word : words) {
    for (const std::string& text : stage.expand_words(*word)) {
      const auto [first, last, protocol] = parse_ports(*word, text);
      static constexpr std::size_t kWorkOfPort = 5;
      stage.spend(kWorkOfPort * (last - first + 1), word->range);
      for (std::uint64_t number = first; number <= last; ++number)
        expanded.push_back(fmt::format("{}/{}", number, protocol));
    }
  }
  stage.config().exposed_ports.insert(expanded.begin(), expanded.end());
  stage.add_history("EXPOSE " + go_list(expanded));
}

void ast::Volume::lower(StageLowering& stage) const {
  std::vector<std::string> expanded;
  for (const ast::Word& word : paths) {
    expanded.push_back(stage.expand(word));
    if (expanded.back().empty())
      throw DockerfileError(word.range, "VOLUME specified can not be an empty string");
  }
  stage.config().volumes.insert(expanded.begin(), expanded.end());
  stage.add_history("VOLUME " + go_list(expanded));
}

void ast::Cmd::lower(StageLowering& stage) const {
  std::vector<std::string> argv = argv_of(stage, command);
  stage.add_history("CMD " + go_quoted_list(argv));
  set_command(stage.config().cmd, std::move(argv));
  stage.config().args_escaped = true;  // as BuildKit says; of use on Windows only
  stage.state().has_own_cmd = true;
}

void ast::Entrypoint::lower(StageLowering& stage) const {
  std::vector<std::string> argv = argv_of(stage, command);
  stage.add_history("ENTRYPOINT " + go_quoted_list(argv));
  set_command(stage.config().entrypoint, std::move(argv));
  // The base's CMD was meant for the base's ENTRYPOINT.
  if (!stage.state().has_own_cmd) stage.config().cmd.reset();
}

void ast::Shell::lower(StageLowering& stage) const {
  stage.config().shell = argv;
  stage.add_history("SHELL " + go_list(argv));
}

void ast::Stopsignal::check(const Options& /*options*/) const {
  if (is_constant(signal) && signal.text.find_first_of("\"'\\`") == std::string::npos)
    check_signal(signal, signal.text);
}

void ast::Stopsignal::lower(StageLowering& stage) const {
  const std::string name = stage.expand(signal);
  check_signal(signal, name);
  stage.config().stop_signal = name;
  stage.add_history("STOPSIGNAL " + name);
}

void ast::Healthcheck::lower(StageLowering& stage) const {
  oci::HealthCheck result;
  if (none) {
    result.test = {"NONE"};
  } else if (command.exec) {
    result.test = {"CMD"};
    result.test.insert(result.test.end(), command.argv.begin(), command.argv.end());
  } else {
    result.test = {"CMD-SHELL", command.text};
  }
  result.interval = nanoseconds(interval);
  result.timeout = nanoseconds(timeout);
  result.start_period = nanoseconds(start_period);
  result.start_interval = nanoseconds(start_interval);
  result.retries = retries.value_or(0);
  stage.add_history(fmt::format(
      "HEALTHCHECK {{Test:{} Interval:{} Timeout:{} StartPeriod:{} StartInterval:{} "
      "Retries:{}}}",
      go_list(result.test), go_duration(result.interval), go_duration(result.timeout),
      go_duration(result.start_period), go_duration(result.start_interval), result.retries));
  stage.config().healthcheck = std::move(result);
}

void ast::Onbuild::lower(StageLowering& stage) const {
  stage.config().on_build.push_back(trigger->text);
  stage.state().triggers.push_back(trigger.get());
  stage.state().growth.add_text(trigger->text, stage.place());
}

void ast::Maintainer::lower(StageLowering& stage) const {
  stage.state().config.author = author;
  stage.add_history("MAINTAINER " + author);
}

}  // namespace cbuild::frontend
