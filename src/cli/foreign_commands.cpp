// Commands of other programs; see foreign_commands.h.
#include "src/cli/foreign_commands.h"

#include <algorithm>

namespace cbuild::cli {

namespace {

constexpr std::string_view kBuild = "'cbuild build' builds images";
constexpr std::string_view kImages =
    "'cbuild images' lists images, 'cbuild rmi' and 'cbuild prune' remove them";
constexpr std::string_view kRuns =
    "cbuild does not run containers: 'cbuild save NAME | docker load' gives an image to docker, "
    "which does";
constexpr std::string_view kSpace = "'cbuild df' shows the space in use, 'cbuild prune' frees it";

/// Sources: docker(1), docker-compose(1), docker-buildx(1), podman(1), buildah(1). In alphabetical
/// order.
constexpr ForeignCommand kCommands[] = {
    {"add", ""},
    {"ai", ""},
    {"artifact", ""},
    {"attach", kRuns},
    {"auto-update", ""},
    {"bake", kBuild},
    {"bud", kBuild},
    {"build-using-dockerfile", kBuild},
    {"builder", kSpace},
    {"buildx", kBuild},
    {"checkpoint", ""},
    {"commit", ""},
    {"compose", ""},
    {"config", ""},
    {"container", kRuns},
    {"containers", kRuns},
    {"context", ""},
    {"convert", ""},
    {"copy", ""},
    {"cp", ""},
    {"create", kRuns},
    {"desktop", ""},
    {"dial-stdio", ""},
    {"diff", ""},
    {"down", kRuns},
    {"du", kSpace},
    {"events", ""},
    {"exec", kRuns},
    {"executor", kBuild},
    {"export", ""},
    {"extension", ""},
    {"farm", ""},
    {"from", ""},
    {"generate", ""},
    {"healthcheck", kRuns},
    {"image", kImages},
    {"imagetools", ""},
    {"info",
     "'cbuild doctor' tells what works here, 'cbuild version' the version, 'cbuild df' the space "
     "in "
     "use"},
    {"init", ""},
    {"kill", kRuns},
    {"kube", ""},
    {"logs", ""},
    {"ls", kImages},
    {"machine", ""},
    {"manifest", ""},
    {"mcp", ""},
    {"mkcw", ""},
    {"model", ""},
    {"mount", ""},
    {"network", ""},
    {"node", ""},
    {"offload", ""},
    {"pass", ""},
    {"pause", kRuns},
    {"play", ""},
    {"plugin", ""},
    {"pod", ""},
    {"policy", ""},
    {"port", kRuns},
    {"ps", kRuns},
    {"publish", ""},
    {"quadlet", ""},
    {"rename", ""},
    {"restart", kRuns},
    {"rm", kRuns},
    {"run", kRuns},
    {"sandbox", ""},
    {"sbom", ""},
    {"scale", ""},
    {"scan", ""},
    {"scout", ""},
    {"search", ""},
    {"secret", "'cbuild build --secret' passes a secret to a step"},
    {"service", ""},
    {"source", ""},
    {"stack", ""},
    {"start", kRuns},
    {"stats", kRuns},
    {"stop", kRuns},
    {"swarm", ""},
    {"system", kSpace},
    {"top", kRuns},
    {"trust", ""},
    {"umount", ""},
    {"unmount", ""},
    {"unpause", kRuns},
    {"unshare", ""},
    {"untag", "'cbuild rmi NAME' removes a name"},
    {"up", kRuns},
    {"update", kRuns},
    {"use", ""},
    {"volume", ""},
    {"volumes", ""},
    {"wait", kRuns},
    {"watch", ""},
};

static_assert(std::ranges::is_sorted(kCommands, {}, &ForeignCommand::name));

}  // namespace

std::span<const ForeignCommand> foreign_commands() noexcept {
  return kCommands;
}

const ForeignCommand* find_foreign_command(std::string_view name) noexcept {
  const auto found = std::ranges::lower_bound(kCommands, name, {}, &ForeignCommand::name);
  return found != std::end(kCommands) && found->name == name ? &*found : nullptr;
}

}  // namespace cbuild::cli
