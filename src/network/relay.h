// One connection through the border: two sockets, and what goes between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/event_loop.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/pipe.h"

namespace cbuild::network {

class PipePool;

/// Moves bytes from one socket to another by splice(2): they pass no memory of this process.
class Stream {
 public:
  /// Borrows the descriptors and the pool. Bytes still in the pipe are lost with it.
  Stream(int from, int to, PipePool& pipes) : from_(from), to_(to), pipes_(pipes) {}

  enum class Progress {
    waits,    ///< for one of the sockets
    goes_on,  ///< it can move more at once: the caller lets others have their turn first
    ended,    ///< all is written, and the end is passed on
    broken    ///< one of the sockets has failed
  };

  /// Until a call would block, or for a share of the time.
  Progress move();

 private:
  bool fill();
  bool drain();

  int from_;
  int to_;
  PipePool& pipes_;
  std::optional<Pipe> pipe_;  ///< while bytes are in it
  std::size_t held_ = 0;
  bool at_end_ = false;
  bool finished_ = false;
  bool broken_ = false;
};

/// Where the second connection of a relay goes.
struct Way {
  Endpoint target;
  /// The address that the target sees, which need not be one of this namespace; the kernel's choice
  /// when absent. The port is any that is free.
  std::optional<Endpoint> source = std::nullopt;
};

/// A TCP connection that was accepted (`guest`), and the one that is opened for it (`host`). Drops
/// itself from the loop when both directions have ended. A failure of one side resets the other, so
/// that programs see it as what it is and not as an end of data; so does the destructor before the
/// end.
class Relay final : public Handler {
 public:
  /// Begins to connect in the network namespace of this thread, and takes `guest` over.
  /// @throws SysError when there is no socket for it, or no way to the target; `guest` is left as
  /// it was then, or closed
  Relay(EventLoop& loop, PipePool& pipes, Fd& guest, const Way& way);
  ~Relay() override;
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  void ready(std::uint32_t events) override;

 private:
  bool is_connected();
  void break_off();

  EventLoop& loop_;
  Fd host_;
  Fd guest_;
  Stream out_;
  Stream in_;
  bool connected_ = false;
  bool ended_ = false;
};

/// Closes a TCP socket with a reset (RST).
void reset(Fd socket) noexcept;

}  // namespace cbuild::network
