// The STATUS of a container in docker's words.
#pragma once

#include <cstdint>
#include <string>

namespace cbuild::cli {

struct ContainerStatus {
  enum class State { created, running, paused, restarting, removing, exited, dead };
  enum class Health { none, starting, healthy, unhealthy };

  State state = State::created;
  Health health = Health::none;  ///< of a running one
  int exit_code = 0;             ///< of one that is restarting or has exited
  std::int64_t seconds = 0;      ///< since the start; since the end of one that runs no more
};

/// "Up 5 minutes (healthy)", "Exited (0) 2 weeks ago", "Created", …
std::string status_text(const ContainerStatus& status);

}  // namespace cbuild::cli
