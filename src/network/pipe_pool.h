// Pipes for splice(2): a connection has one while bytes are in it.
#pragma once

#include <vector>

#include "cbuild/util/pipe.h"

namespace cbuild::network {

/// Empty pipes that are used again. Not thread-safe.
class PipePool {
 public:
  /// Non-blocking, and large where the kernel allows it. @throws SysError
  Pipe take();

  /// @pre `pipe` is empty
  void give_back(Pipe pipe);

 private:
  std::vector<Pipe> free_;
};

}  // namespace cbuild::network
