// Messages of netlink(7), and a socket that sends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "cbuild/util/fd.h"

namespace cbuild::network {

/// One request as the kernel reads it: nlmsghdr, a header of its family, attributes. Numbers are in
/// the order of this machine, unless the family wants the order of the network.
class NetlinkMessage {
 public:
  /// `flags`: NLM_F_*; NLM_F_REQUEST is added.
  NetlinkMessage(std::uint16_t type, std::uint16_t flags);

  /// The header of the family, before all attributes.
  template <typename Header>
  NetlinkMessage& header(const Header& value) {
    static_assert(std::is_trivially_copyable_v<Header>);
    append(std::as_bytes(std::span(&value, 1)));
    return *this;
  }

  NetlinkMessage& attribute(std::uint16_t type, std::span<const std::byte> value);
  /// With the byte 0 at its end.
  NetlinkMessage& text(std::uint16_t type, std::string_view value);
  NetlinkMessage& number(std::uint16_t type, std::uint32_t value);
  /// In the order of the network, as nftables wants it.
  NetlinkMessage& big_endian(std::uint16_t type, std::uint32_t value);

  /// An attribute that consists of attributes: those that `fill` adds.
  template <typename Fill>
  NetlinkMessage& nested(std::uint16_t type, Fill&& fill) {
    const std::size_t begin = begin_nested(type);
    fill(*this);
    end_nested(begin);
    return *this;
  }

  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  void set_sequence(std::uint32_t number) noexcept;

  bool wants_answer() const noexcept;
  void want_answer() noexcept;  ///< sets NLM_F_ACK

 private:
  std::uint16_t flags() const noexcept;
  void append(std::span<const std::byte> bytes);
  void write_size(std::size_t at, std::size_t size, std::size_t width) noexcept;
  std::size_t begin_nested(std::uint16_t type);
  void end_nested(std::size_t begin) noexcept;

  std::vector<std::byte> bytes_;
};

/// A socket of netlink. Not thread-safe.
class NetlinkSocket {
 public:
  /// `family`: NETLINK_ROUTE, NETLINK_NETFILTER. In the network namespace of this thread.
  /// @throws SysError
  explicit NetlinkSocket(int family);

  /// Sends all messages at once and waits for the answers to those with NLM_F_ACK. In a batch it is
  /// enough that the last one has it.
  /// @throws SysError with `doing` for the first one that the kernel refuses
  void transact(std::vector<NetlinkMessage> messages, std::string_view doing);

 private:
  Fd socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace cbuild::network
