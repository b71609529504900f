// Pipes.
#pragma once

#include "cbuild/util/fd.h"

namespace cbuild {

struct Pipe {
  Fd read;
  Fd write;
};

/// Both ends with O_CLOEXEC. @throws SysError
Pipe make_pipe();

}  // namespace cbuild
