// Why a program could not be executed.
#pragma once

#include <string>

namespace cbuild::sandbox {

struct ExecFailure {
  int error = 0;  ///< errno
  int code = 0;   ///< the exit code that shells and docker give it: 127 not found, else 126
  /// In docker's words: exec: "foo": executable file not found in $PATH
  std::string message;
};

}  // namespace cbuild::sandbox
