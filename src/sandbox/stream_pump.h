// /dev/stdout and /dev/stderr of a step without /proc: fifos, whose content goes to its streams.
#pragma once

#include <sys/types.h>

#include <array>

namespace cbuild::sandbox {

/// Descriptors are borrowed.
struct PumpedStream {
  int fifo;    ///< open for reading and writing, so that no writer waits or is refused
  int stream;  ///< -1 = what is written is lost
};

using PumpedStreams = std::array<PumpedStream, 2>;

/// Starts a child that passes on what is written to the fifos. It ends with this process.
/// For the init: neither throws nor allocates.  @pre all signals are blocked
/// @return its id; -1: errno says why
pid_t start_pump(const PumpedStreams& streams) noexcept;

/// Ends the child when it holds no block that it has read and not written: SIGKILL would lose one.
/// Gives up after two seconds.
void finish_pump(pid_t pump) noexcept;

/// Passes on what was left in the fifos; gives up when nobody reads for a second.
/// @pre the child has ended, and nobody writes any more
void drain(const PumpedStreams& streams) noexcept;

}  // namespace cbuild::sandbox
