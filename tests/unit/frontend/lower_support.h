// What the tests of lowering share: options, images, and what became of a text.
#pragma once

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <optional>
#include <string>
#include <vector>

#include "cbuild/frontend/dockerfile.h"
#include "cbuild/frontend/excerpt.h"
#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "tests/support/fake_resolver.h"

namespace cbuild::test::lowering {

using namespace cbuild::frontend;

inline Options options_for_test() {
  Options options;
  options.platform = oci::Platform::parse("linux/amd64");
  options.build_platform = options.platform;
  return options;
}

/// Reads the file "options" of a case: lines such as "build-arg A=1", "target x", "no-cache".
inline Options options_of(const std::string& directory) {
  Options options = options_for_test();
  for (const std::string& line :
       split(read_file_if_exists(directory + "/options").value_or(""), '\n')) {
    if (line.empty()) continue;
    const auto blank = line.find(' ');
    const std::string name = line.substr(0, blank);
    const std::string value = blank == std::string::npos ? "" : line.substr(blank + 1);
    const auto equals = value.find('=');
    const std::string key = value.substr(0, equals);
    const std::string rest = equals == std::string::npos ? "" : value.substr(equals + 1);
    if (name == "build-arg") {
      options.build_args[key] = rest;
    } else if (name == "label") {
      options.labels[key] = rest;
    } else if (name == "target") {
      options.target = value;
    } else if (name == "platform") {
      options.platform = oci::Platform::parse(value);
      options.platform_given = true;
    } else if (name == "context") {
      options.contexts[key] = {rest == "image" ? ContextKind::image : ContextKind::directory};
    } else if (name == "network") {
      options.network = value == "none" ? graph::Network::none : graph::Network::host;
    } else if (name == "allow") {
      (value == "network.host" ? options.allow_host_network : options.allow_insecure) = true;
    } else if (name == "no-cache") {
      options.no_cache = true;
    } else {
      throw Error("{}/options: unknown option '{}'", directory, name);
    }
  }
  return options;
}

/// Images that the cases use, besides those that the resolver makes up.
inline FakeResolver resolver_for_test() {
  FakeResolver resolver;
  oci::ImageConfig service = FakeResolver::config_of("service:1");
  service.config.env = {"PATH=/opt/bin:/usr/bin", "LANG=C.UTF-8", "BROKEN"};
  service.config.entrypoint = {"/entry", "--base"};
  service.config.cmd = {"serve"};
  service.config.user = "app";
  service.config.working_dir = "/srv";
  service.config.exposed_ports = {"80/tcp"};
  service.config.volumes = {"/data"};
  service.config.labels = {{"from", "base"}, {"keep", "me"}};
  service.config.shell = {"/bin/ash", "-c"};
  service.unknown = R"({"docker_version":"1.2"})";
  service.unknown_config = R"({"Hostname":"f00"})";
  resolver.configs["service:1"] = service;

  oci::ImageConfig onbuild = FakeResolver::config_of("onbuild:1");
  onbuild.config.on_build = {"ARG FLAVOUR=plain", "COPY . /src", "RUN make $FLAVOUR"};
  resolver.configs["onbuild:1"] = onbuild;

  oci::ImageConfig bad_trigger = FakeResolver::config_of("badtrigger:1");
  bad_trigger.config.on_build = {"FROM other"};
  resolver.configs["badtrigger:1"] = bad_trigger;

  oci::ImageConfig device_trigger = FakeResolver::config_of("devicetrigger:1");
  device_trigger.config.on_build = {"RUN --device=vendor.com/class=name x"};
  resolver.configs["devicetrigger:1"] = device_trigger;

  oci::ImageConfig bare = FakeResolver::config_of("bare:1");
  bare.config = {};
  resolver.configs["bare:1"] = bare;
  return resolver;
}

inline Lowered lower_text(const std::string& text, const Options& options = options_for_test()) {
  FakeResolver resolver = resolver_for_test();
  return Dockerfile(text).lower(options, resolver);
}

/// The Exec of the last RUN.
inline graph::Exec last_run(const Lowered& lowered) {
  std::optional<graph::Exec> found;
  for (const graph::Vertex& vertex : lowered.graph.vertices()) {
    if (const auto* exec = std::get_if<graph::Exec>(&vertex.op)) found = *exec;
  }
  REQUIRE(found);
  return *found;
}

inline std::string last_history(const Lowered& lowered) {
  return lowered.config.history.back().created_by;
}

/// What is wrong, as the user is told; "" when nothing is.
inline std::string complaint(const std::string& text,
                             const Options& options,
                             FakeResolver& resolver) {
  try {
    Dockerfile(text).lower(options, resolver);
    return "";
  } catch (const DockerfileError& error) {
    return fmt::format("{}\ncbuild: {}\n", excerpt("Dockerfile", text, error.diagnostics()),
                       error.what());
  } catch (const Error& error) {
    const std::string hint = error.hint().empty() ? "" : fmt::format("hint: {}\n", error.hint());
    return fmt::format("cbuild: {}\n{}", error.what(), hint);
  }
}

}  // namespace cbuild::test::lowering
