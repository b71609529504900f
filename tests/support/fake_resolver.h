// An ImageResolver that makes images up, the same ones every time.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/frontend/image_resolver.h"
#include "cbuild/util/error.h"

namespace cbuild::test {

/// Knows every image but those whose name begins with "missing". Each has one layer, made of its
/// name, and PATH; those in `configs` (by familiar name) have the config that stands there.
class FakeResolver final : public frontend::ImageResolver {
 public:
  frontend::ResolvedImage resolve(const oci::Reference& reference,
                                  const oci::Platform& platform) override {
    asked.push_back(reference.familiar());
    asked_for.push_back(reference.familiar() + " " + platform.to_string());
    if (reference.repository.starts_with("library/missing"))
      throw Error(ErrorKind::network, "{}: not found", reference.to_string());
    return make(reference, platform);
  }

  frontend::ResolvedImage resolve_context(const std::string& name,
                                          const oci::Platform& platform) override {
    asked.push_back("context " + name);
    return make(oci::Reference::parse("contexts.example/" + name), platform);
  }

  std::map<std::string, oci::ImageConfig> configs;
  std::vector<std::string> asked;
  std::vector<std::string> asked_for;  ///< images, each with its platform

  static oci::ImageConfig config_of(const std::string& name) {
    oci::ImageConfig config;
    config.created = "2026-01-01T00:00:00Z";
    config.author = "who made the base";
    config.config.env = {"PATH=/usr/bin:/bin"};
    config.config.cmd = {"sh"};
    config.diff_ids = {oci::Digest::of("layer of " + name)};
    oci::HistoryEntry entry;
    entry.created = config.created;
    entry.created_by = "ADD rootfs.tar /";
    config.history = {entry};
    return config;
  }

 private:
  frontend::ResolvedImage make(const oci::Reference& reference, const oci::Platform& platform) {
    const std::string name = reference.familiar();
    const auto known = configs.find(name);
    frontend::ResolvedImage image{reference,
                                  oci::Digest::of("manifest of " + name + platform.to_string()),
                                  known == configs.end() ? config_of(name) : known->second};
    image.config.platform = platform;
    return image;
  }
};

}  // namespace cbuild::test
