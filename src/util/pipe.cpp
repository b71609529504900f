// Pipes; see pipe.h.
#include "cbuild/util/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "cbuild/util/error.h"

namespace cbuild {

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw SysError("pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace cbuild
