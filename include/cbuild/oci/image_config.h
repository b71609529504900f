// The configuration of an image: how to run it, and what it is made of.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/oci/digest.h"
#include "cbuild/oci/platform.h"

namespace cbuild::oci {

/// Docker's extension of the config: nanoseconds; 0 = inherit the default.
struct HealthCheck {
  std::vector<std::string> test;  ///< {"NONE"}, {"CMD", word…} or {"CMD-SHELL", text}
  std::int64_t interval = 0;
  std::int64_t timeout = 0;
  std::int64_t start_period = 0;
  std::int64_t start_interval = 0;
  int retries = 0;

  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

/// The "config" object: how a container is started.
struct RunConfig {
  std::string user;
  std::set<std::string> exposed_ports;  ///< "80/tcp"
  std::vector<std::string> env;         ///< "K=V", in order of first setting
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  std::set<std::string> volumes;
  std::string working_dir;
  std::map<std::string, std::string> labels;
  std::string stop_signal;
  std::optional<HealthCheck> healthcheck;
  std::vector<std::string> on_build;
  std::vector<std::string> shell;
  bool args_escaped = false;

  friend bool operator==(const RunConfig&, const RunConfig&) = default;
};

struct HistoryEntry {
  std::string created;  ///< RFC 3339; empty = left out
  std::string created_by;
  std::string author;
  std::string comment;
  bool empty_layer = false;

  friend bool operator==(const HistoryEntry&, const HistoryEntry&) = default;
};

/// Source: OCI image-spec v1.1, config.md, and the Docker image specification's extensions.
struct ImageConfig {
  Platform platform;
  std::string created;  ///< RFC 3339; empty = left out
  std::string author;
  RunConfig config;
  std::vector<Digest> diff_ids;  ///< base first
  std::vector<HistoryEntry> history;
  std::string unknown;         ///< JSON object of top-level members we do not know; kept
  std::string unknown_config;  ///< likewise of "config"

  /// Strict as Manifest::parse; an Env element without '=' is kept as it stands. @throws Error
  static ImageConfig parse(std::string_view json);
  std::string to_json() const;  ///< as Manifest::to_json
};

/// The chain ID of all layers; nullopt for an image without layers.
std::optional<Digest> chain_of(const std::vector<Digest>& diff_ids);

}  // namespace cbuild::oci
