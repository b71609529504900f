// The table of rules; see rules.h. docs/adding.md says what a rule needs besides a row.
#include "cbuild/frontend/rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/lint/rule_id.h"

namespace cbuild::frontend {

namespace {

constexpr std::array kRules = {
    Rule{"StageNameCasing", "Stage names should be lowercase"},
    Rule{"FromAsCasing", "The 'as' keyword should match the case of the 'from' keyword"},
    Rule{"NoEmptyContinuation", "Empty continuation lines will become errors in a future release"},
    Rule{"ConsistentInstructionCasing",
         "All commands within the Dockerfile should use the same casing (either upper or lower)"},
    Rule{"DuplicateStageName", "Stage names should be unique"},
    Rule{"ReservedStageName", "Reserved words should not be used as stage names"},
    Rule{"JSONArgsRecommended",
         "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to "
         "OS signals"},
    Rule{"MaintainerDeprecated",
         "The MAINTAINER instruction is deprecated, use a label instead to define an image author"},
    Rule{"UndefinedArgInFrom", "FROM command must use declared ARGs"},
    Rule{"WorkdirRelativePath",
         "Relative workdir without an absolute workdir declared within the build can have "
         "unexpected results if the base image changes"},
    Rule{"UndefinedVar", "Variables should be defined before their use"},
    Rule{"MultipleInstructionsDisallowed",
         "Multiple instructions of the same type should not be used in the same stage"},
    Rule{"LegacyKeyValueFormat",
         "Legacy key/value format with whitespace separator should not be used"},
    Rule{"InvalidBaseImagePlatform", "Base image platform does not match expected target platform"},
    Rule{"RedundantTargetPlatform",
         "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the "
         "default behavior"},
    Rule{"SecretsUsedInArgOrEnv", "Sensitive data should not be used in the ARG or ENV commands"},
    Rule{"InvalidDefaultArgInFrom",
         "Default value for global ARG results in an empty or invalid base image name"},
    Rule{"FromPlatformFlagConstDisallowed", "FROM --platform flag should not use a constant value"},
    Rule{"CopyIgnoredFile", "Attempting to Copy file that is excluded by .dockerignore"},
    Rule{"InvalidDefinitionDescription",
         "Comment for build stage or argument should follow the format: `# <arg/stage name> "
         "<description>`. If this is not intended to be a description comment, add an empty line "
         "or comment between the instruction and the comment.",
         true},
    Rule{"ExposeProtoCasing", "Protocol in EXPOSE instruction should be lowercase"},
    Rule{"ExposeInvalidFormat",
         "IP address and host-port mapping should not be used in EXPOSE instruction. This will "
         "become an error in a future release"},
    Rule{"CopiedFilesRewritten",
         "Owner and mode of copied files should be set by COPY, not by a later chown or chmod"},
    Rule{"PackageListsInLayer", "Lists of packages should not stay in a layer"},
    Rule{"CopyBeforeInstall",
         "Dependencies should be installed before all of the context is copied"},
    Rule{"CacheMountSharing", "A cache of apt should be mounted with sharing=locked"},
    Rule{"InvisibleCharacters", "Invisible characters should not change the meaning of a line"},
    Rule{"UnknownSyntax", "cbuild does not run the frontend that a syntax directive names"},
};

constexpr RuleId kLastOfBuildKit = RuleId::expose_invalid_format;

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

/// "JSONArgsRecommended" as "json-args-recommended".
std::string with_hyphens(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool ends_small = i > 0 && !is_upper(name[i - 1]);
    const bool goes_on_small = i > 0 && i + 1 < name.size() && !is_upper(name[i + 1]);
    if (is_upper(name[i]) && (ends_small || goes_on_small)) result += '-';
    result += name[i];
  }
  return to_lower(result);
}

static_assert(kRules.size() == static_cast<std::size_t>(RuleId::unknown_syntax) + 1);

}  // namespace

std::span<const Rule> rules() noexcept {
  return kRules;
}

const Rule* find_rule(std::string_view name) noexcept {
  const auto found = std::ranges::find(kRules, name, &Rule::name);
  return found == kRules.end() ? nullptr : &*found;
}

const Rule& rule(RuleId id) noexcept {
  return kRules[static_cast<std::size_t>(id)];
}

bool is_of_buildkit(std::string_view name) noexcept {
  const Rule* found = find_rule(name);
  return found != nullptr && found <= &rule(kLastOfBuildKit);
}

std::string page_of(std::string_view rule) {
  return fmt::format("docs/checks/{}.md", rule);
}

std::string address_of(std::string_view name) {
  if (!is_of_buildkit(name)) return fmt::format("cbuild help {}", name);
  return fmt::format("https://docs.docker.com/go/dockerfile/rule/{}/", with_hyphens(name));
}

}  // namespace cbuild::frontend
