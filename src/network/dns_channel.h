// Messages of DNS over TCP: each has its length before it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "cbuild/util/fd.h"

namespace cbuild::network {

/// One end of a connection. Source: RFC 1035, section 4.2.2.
class DnsChannel {
 public:
  explicit DnsChannel(Fd socket) : socket_(std::move(socket)) {}

  int fd() const noexcept { return socket_.get(); }

  /// Reads what there is, but not more than a message's worth that was not taken.
  void read();
  /// Takes the next whole message.
  std::optional<std::vector<std::byte>> next();
  /// Appends a message to what is to be written. @pre at most 65535 bytes
  void put(std::span<const std::byte> message);
  /// Writes what it can.
  void write();

  /// Nothing more can be read.
  bool at_end() const noexcept { return at_end_; }

  /// All is written.
  bool is_flushed() const noexcept { return out_.empty(); }

  /// So much is to be written that no more should be put.
  bool is_full() const noexcept;

  /// The connection has failed.
  bool is_broken() const noexcept { return broken_; }

 private:
  Fd socket_;
  std::vector<std::byte> in_;
  std::vector<std::byte> out_;
  bool at_end_ = false;
  bool broken_ = false;
};

}  // namespace cbuild::network
