// Commands that are run, each in a process of its own, on a store that goes away.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "cbuild/image/write_image.h"
#include "cbuild/util/cancel.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/session.h"
#include "tests/support/errors.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::cli {

/// What became of a command.
struct Ran {
  std::string out;
  std::string error;  ///< its message; empty = it went well
  int code = 0;
};

/// Runs `action`, which returns an exit code, in a process of its own. What it writes is left in
/// `directory`. @param input  its standard input
inline Ran run_apart(const std::string& directory,
                     const std::function<int()>& action,
                     const std::string& input = "") {
  write_file_atomically(directory + "/in", input);
  const pid_t child = store::start_child([&] {
    const auto redirect = [&](const std::string& name, int to) {
      ::dup2(open_file(directory + name, O_WRONLY | O_CREAT | O_TRUNC, 0600).get(), to);
    };
    ::dup2(open_file(directory + "/in", O_RDONLY).get(), STDIN_FILENO);
    redirect("/out", STDOUT_FILENO);
    redirect("/shown", STDERR_FILENO);
    std::string message;
    int code = 0;
    try {
      code = action();
    } catch (const Error& error) {
      message = error.what();
      code = static_cast<int>(error.kind());
    }
    write_file_atomically(directory + "/error", message);
    ::_exit(code);
  });
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return {read_file(directory + "/out"), read_file(directory + "/error"), WEXITSTATUS(status)};
}

/// A store, and commands on it. It is open while with_store() runs only, as for real commands.
class Shell {
 public:
  std::string root() const { return directory_.store(); }

  std::string at(const std::string& name) const { return directory_.path() + "/" + name; }

  template <typename Action>
  auto with_store(Action&& action) const {
    store::Store store(root());
    return action(store);
  }

  /// Adds an image of `config` and these layers, each a list of files, under these names.
  oci::Digest add_image(oci::ImageConfig config,
                        const std::vector<std::string>& names,
                        const std::vector<std::vector<store::TestFile>>& layers = {}) const {
    return with_store([&](store::Store& store) {
      std::vector<image::ImageLayer> made;
      std::optional<oci::Digest> top;
      for (const auto& files : layers) {
        const store::Snapshot layer = store::make_layer(store, top, files);
        top = layer.chain_id;
        made.push_back(image::as_made_here(layer));
      }
      if (config.platform.os.empty()) config.platform = oci::Platform::host();
      std::vector<oci::Reference> references;
      for (const std::string& name : names)
        references.push_back(oci::Reference::parse(name));
      const auto image = image::write_image(store.blobs(), std::move(config), std::move(made));
      store.images().add(image.id, image.manifest, references);
      return image.id;
    });
  }

  Ran run(const std::string& name,
          const std::vector<std::string>& words,
          const std::string& input = "") const {
    return run_apart(
        directory_.path(), [&] { return parse_and_run(name, words); }, input);
  }

  /// What the last command showed on standard error.
  std::string shown() const { return read_file(at("shown")); }

 private:
  int parse_and_run(const std::string& name, const std::vector<std::string>& words) const {
    const CommandEntry* entry = find_command(name);
    if (entry == nullptr) throw Error("no command {}", name);
    Globals globals;
    const auto command = entry->make();
    Args args{std::string(entry->name), std::string(entry->summary)};
    command->declare(args);
    declare_globals(args, globals);
    args.parse(words);
    globals.root = root();
    CancelToken cancel;
    Session session(globals, cancel);
    return command->run(session);
  }

  store::TempDirectory directory_;
};

inline oci::ImageConfig config_of(const std::string& created) {
  oci::ImageConfig config;
  config.created = created;
  return config;
}

}  // namespace cbuild::cli
