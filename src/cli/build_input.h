// What a build reads before it begins: the Dockerfile, the ignore file, and where the context is.
#pragma once

#include <string>

#include "cbuild/util/io.h"

namespace cbuild::cli {

struct BuildInput {
  std::string context_directory;  ///< absolute; empty = none
  std::string dockerfile;
  std::string dockerfile_name;  ///< for messages
  std::string ignore_file;
  std::string ignore_file_name;  ///< for messages; empty = none
};

/// Reads them. Only regular files of bounded size are read; the names looked for in the context are
/// resolved within it.
/// @param context  what the user gave as PATH; "-" = Dockerfile from stdin, no context
/// @param file     --file; empty = not given
/// @param input    standard input
/// @throws Error(usage)
BuildInput read_build_input(const std::string& context, const std::string& file, Source& input);

}  // namespace cbuild::cli
