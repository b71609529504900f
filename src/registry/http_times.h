// The time limits of requests.
#pragma once

#include <chrono>

namespace cbuild::registry {

struct HttpTimes {
  std::chrono::milliseconds connect{10000};
  /// With less than 1 KiB/s over this time of waiting, or no answer for it, the server is gone.
  std::chrono::milliseconds stall{60000};
  /// Likewise for the answer to an upload: the registry may have to move the bytes.
  std::chrono::milliseconds upload_answer{100000};
  /// A server that is silent for this long is told of.
  std::chrono::milliseconds notice{10000};
};

}  // namespace cbuild::registry
