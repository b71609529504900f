// The STATUS of a container; see container_status.h.
#include "src/cli/container_status.h"

#include <fmt/core.h>

#include "src/cli/human.h"

namespace cbuild::cli {

namespace {

std::string_view health_text(ContainerStatus::Health health) {
  using Health = ContainerStatus::Health;
  switch (health) {
    case Health::none:
      break;
    case Health::starting:
      return " (health: starting)";
    case Health::healthy:
      return " (healthy)";
    case Health::unhealthy:
      return " (unhealthy)";
  }
  return "";
}

}  // namespace

std::string status_text(const ContainerStatus& status) {
  using State = ContainerStatus::State;
  switch (status.state) {
    case State::created:
      return "Created";
    case State::running:
      return fmt::format("Up {}{}", human_duration(status.seconds), health_text(status.health));
    case State::paused:
      return fmt::format("Up {} (Paused)", human_duration(status.seconds));
    case State::restarting:
      return fmt::format("Restarting ({}) {}", status.exit_code, human_age(status.seconds));
    case State::removing:
      return "Removal In Progress";
    case State::exited:
      return fmt::format("Exited ({}) {}", status.exit_code, human_age(status.seconds));
    case State::dead:
      return "Dead";
  }
  return "";
}

}  // namespace cbuild::cli
