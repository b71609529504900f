// The table of commands.
#include <algorithm>
#include <array>

#include "src/cli/command.h"

namespace cbuild::cli {

// Each is in the file of its name.
std::unique_ptr<Command> make_build();
std::unique_ptr<Command> make_images();
std::unique_ptr<Command> make_inspect();
std::unique_ptr<Command> make_history();
std::unique_ptr<Command> make_tag();
std::unique_ptr<Command> make_rmi();
std::unique_ptr<Command> make_pull();
std::unique_ptr<Command> make_push();
std::unique_ptr<Command> make_login();
std::unique_ptr<Command> make_logout();
std::unique_ptr<Command> make_save();
std::unique_ptr<Command> make_load();
std::unique_ptr<Command> make_import();
std::unique_ptr<Command> make_df();
std::unique_ptr<Command> make_prune();
std::unique_ptr<Command> make_verify();
std::unique_ptr<Command> make_doctor();
std::unique_ptr<Command> make_debug();
std::unique_ptr<Command> make_version();
std::unique_ptr<Command> make_help();

namespace {

constexpr std::array kCommands = {
    CommandEntry{"build", "Build an image from a Dockerfile", make_build},
    CommandEntry{"images", "List the images of the store", make_images},
    CommandEntry{"inspect", "Show all details of images", make_inspect},
    CommandEntry{"history", "Show the steps that made an image", make_history},
    CommandEntry{"tag", "Give an image another name", make_tag},
    CommandEntry{"rmi", "Remove images or names of images", make_rmi, true},
    CommandEntry{"pull", "Fetch images from a registry", make_pull},
    CommandEntry{"push", "Upload images to a registry", make_push},
    CommandEntry{"login", "Store credentials for a registry", make_login},
    CommandEntry{"logout", "Forget the credentials for a registry", make_logout, true},
    CommandEntry{"save", "Write images to an archive or a directory", make_save},
    CommandEntry{"load", "Read images from an archive or a directory", make_load},
    CommandEntry{"import", "Make an image from a root file system", make_import},
    CommandEntry{"df", "Show how much space the store takes", make_df},
    CommandEntry{"prune", "Remove what nothing refers to any more", make_prune, true},
    CommandEntry{"verify", "Check the store for damage, and repair it", make_verify},
    CommandEntry{"doctor", "Tell what works on this machine, and how", make_doctor},
    CommandEntry{"debug", "Show how cbuild understands a Dockerfile", make_debug},
    CommandEntry{"version", "Show the version", make_version},
    CommandEntry{"help", "Explain a command or a rule", make_help},
};

}  // namespace

std::span<const CommandEntry> commands() noexcept {
  return kCommands;
}

const CommandEntry* find_command(std::string_view name) noexcept {
  const auto found = std::ranges::find(kCommands, name, &CommandEntry::name);
  return found == kCommands.end() ? nullptr : &*found;
}

}  // namespace cbuild::cli
