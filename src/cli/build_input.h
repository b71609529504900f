// Finds and reads the input of a build: the Dockerfile, the ignore file, the build context.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cbuild/build/loaded_context.h"
#include "cbuild/util/io.h"

namespace cbuild::cli {

struct BuildInput {
  std::string context_directory;  ///< absolute; empty = none
  std::string dockerfile;
  std::string dockerfile_name;  ///< for messages
  std::string ignore_file;
  std::string ignore_file_name;  ///< for messages; empty = none
  /// Of a context that was brought here for this build; null for the user's own directory.
  std::shared_ptr<const ops::StagedTree> holder;
  std::optional<std::int64_t> time;  ///< of a context from elsewhere, seconds since 1970
};

/// Access to contexts that are not directories of this machine.
struct ContextAccess {
  std::function<build::LoadedContext(const std::string& url)> load;
  std::function<build::LoadedContext(Source& archive)> unpack;
};

/// The input that the user named.
struct InputWanted {
  std::string context;    ///< PATH: a directory, a URL, or "-": standard input, a Dockerfile or an
                          ///< archive
  std::string file = {};  ///< --file; empty = not given. Of contexts from elsewhere a name within
  std::string ignore_file = {};  ///< --ignorefile; empty = the one that is found
};

/// Reads them. Only regular files of bounded size are read; the names looked for in the context are
/// resolved within it.
/// @param input    standard input
/// @throws Error(usage), and what `access` throws
BuildInput read_build_input(const InputWanted& wanted, Source& input, const ContextAccess& access);

}  // namespace cbuild::cli
