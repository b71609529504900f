// --restart, --log-driver, --log-opt and --health-*.
#include "cbuild/oci/image_config.h"
#include "src/cli/container_flags/health_flags.h"
#include "src/cli/container_flags/log_flags.h"
#include "src/cli/container_flags/restart_flag.h"
#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a restart policy has docker's names, and a count with on-failure") {
  using Mode = RestartPolicy::Mode;

  struct Row {
    const char* text;
    RestartPolicy wanted;
  };

  const Row rows[] = {{"", {Mode::no, 0}},
                      {"no", {Mode::no, 0}},
                      {"no:0", {Mode::no, 0}},
                      {"always", {Mode::always, 0}},
                      {"unless-stopped", {Mode::unless_stopped, 0}},
                      {"on-failure", {Mode::on_failure, 0}},
                      {"on-failure:0", {Mode::on_failure, 0}},
                      {"on-failure:", {Mode::on_failure, 0}},
                      {"on-failure:7", {Mode::on_failure, 7}}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_restart_flag(row.text) == row.wanted);
  }
}

TEST_CASE("other restart policies are refused in docker's words") {
  struct Row {
    const char* text;
    const char* why;
  };

  const Row rows[] = {
      {"allways", "invalid restart policy: unknown policy 'allways'; use one of 'no', 'always', "},
      {"Always", "invalid restart policy: unknown policy 'Always'"},
      {"always:3", "maximum retry count can only be used with 'on-failure'"},
      {"on-failure:x", "invalid restart policy format: maximum retry count must be an integer"},
      {"on-failure:1:2", "maximum retry count must be an integer"},
      {"on-failure:9999999999", "maximum retry count must be an integer"},
      {"on-failure:-1", "maximum retry count cannot be negative"},
      {":3", "invalid restart policy format: no policy provided before colon"}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(holds(refusal_of([&] { parse_restart_flag(row.text); }), row.why));
  }
}

TEST_CASE("logs have a driver, a size in decimal units and a number of files") {
  using Driver = LogSettings::Driver;
  CHECK(parse_log_flags("", {}) == LogSettings{Driver::json_file, LogSettings::kDefaultSize, 3});
  CHECK(parse_log_flags("json-file", {"max-size=10m", "max-file=5"}) ==
        LogSettings{Driver::json_file, 10'000'000, 5});
  CHECK(parse_log_flags("local", {"max-size=1.5k"}).max_size == 1500);
  CHECK(parse_log_flags("local", {"max-size=-1"}).max_size == 0);
  CHECK(parse_log_flags("none", {}).driver == Driver::none);
}

TEST_CASE("unknown log drivers and options are refused by name") {
  const auto why = [](const std::string& driver, const std::string& option) {
    return refusal_of([&] { parse_log_flags(driver, {option}); });
  };
  CHECK(holds(why("syslog", "max-size=1m"), "no log driver named 'syslog' is registered"));
  CHECK(why("", "max-sise=1m") ==
        "--log-opt 'max-sise=1m': unknown log opt 'max-sise' for json-file log driver");
  CHECK(holds(why("none", "max-size=1m"), "invalid logging opts for driver none"));
  CHECK(holds(why("", "max-size"), "want KEY=VALUE"));
  CHECK(holds(why("", "max-size=big"), "'big' is not a size"));
  CHECK(holds(why("", "max-file=0"), "max-file cannot be less than 1"));
  for (const char* files : {"max-file=", "max-file=-1", "max-file=x", "max-file=1001"})
    CHECK(holds(why("", files), "invalid value for max-file"));
}

HealthFlags with(std::string HealthFlags::*flag, const std::string& text) {
  HealthFlags flags;
  flags.*flag = text;
  return flags;
}

TEST_CASE("a health check is made of the flags that were given") {
  CHECK_FALSE(parse_health_flags({}).has_value());
  HealthFlags flags;
  flags.command = "curl -f localhost || exit 1";
  auto check = parse_health_flags(flags);
  REQUIRE(check);
  CHECK(check->test == std::vector<std::string>{"CMD-SHELL", "curl -f localhost || exit 1"});
  CHECK(check->interval == 0);

  flags.interval = "1m30s";
  flags.timeout = "500ms";
  flags.start_period = "0";
  flags.start_interval = "1.5s";
  flags.retries = "4";
  check = parse_health_flags(flags);
  CHECK(check->interval == 90'000'000'000);
  CHECK(check->timeout == 500'000'000);
  CHECK(check->start_period == 0);
  CHECK(check->start_interval == 1'500'000'000);
  CHECK(check->retries == 4);

  // The image's command is checked more often.
  check = parse_health_flags(with(&HealthFlags::interval, "1s"));
  REQUIRE(check);
  CHECK(check->test.empty());

  HealthFlags none;
  none.none = true;
  CHECK(parse_health_flags(none)->test == std::vector<std::string>{"NONE"});
}

TEST_CASE("health flags that cannot be are refused") {
  const auto why = [](const HealthFlags& flags) {
    return refusal_of([&] { parse_health_flags(flags); });
  };
  HealthFlags both = with(&HealthFlags::command, "true");
  both.none = true;
  CHECK(why(both) == "--no-healthcheck conflicts with --health-* options");
  CHECK(holds(why(with(&HealthFlags::interval, "-1s")), "--health-interval cannot be negative"));
  CHECK(holds(why(with(&HealthFlags::timeout, "1us")),
              "--health-timeout '1us': it cannot be less than 1ms"));
  CHECK(holds(why(with(&HealthFlags::start_period, "30")),
              "--health-start-period '30': invalid duration"));
  CHECK(holds(why(with(&HealthFlags::start_interval, "x")),
              "--health-start-interval 'x': invalid duration"));
  CHECK(holds(why(with(&HealthFlags::retries, "-1")), "--health-retries cannot be negative"));
  CHECK(holds(why(with(&HealthFlags::retries, "x")), "--health-retries 'x': want a number"));
}

}  // namespace
}  // namespace cbuild::cli
