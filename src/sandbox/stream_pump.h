// /dev/stdout and /dev/stderr of a step without /proc: fifos, whose content goes to its streams.
#pragma once

#include <array>

namespace cbuild::sandbox {

/// Descriptors are borrowed.
struct PumpedStream {
  int fifo;    ///< open for reading and writing, so that no writer waits or is refused
  int stream;  ///< -1 = what is written is lost
};

using PumpedStreams = std::array<PumpedStream, 2>;

/// Starts a child that passes on what is written to the fifos. It ends with this process, or when
/// it is killed. For the init: neither throws nor allocates. False: errno says why.
bool start_pump(const PumpedStreams& streams) noexcept;

/// Passes on what was left in the fifos; gives up when nobody reads for a second.
/// @pre the child was killed, and nobody writes any more
void drain(const PumpedStreams& streams) noexcept;

}  // namespace cbuild::sandbox
