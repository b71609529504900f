// Builds and sends messages of netlink; see netlink.h.
#include "src/network/netlink.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cbuild/util/error.h"

namespace cbuild::network {

NetlinkMessage::NetlinkMessage(std::uint16_t type, std::uint16_t flags) {
  nlmsghdr header{};
  header.nlmsg_len = sizeof header;
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  bytes_.resize(sizeof header);
  std::memcpy(bytes_.data(), &header, sizeof header);
}

/// Pads to a multiple of 4, as both headers and attributes are.
void NetlinkMessage::append(std::span<const std::byte> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  write_size(0, bytes_.size(), sizeof(std::uint32_t));
}

/// Both lengths, of a message and of an attribute, are its first field.
void NetlinkMessage::write_size(std::size_t at, std::size_t size, std::size_t width) noexcept {
  const auto value = static_cast<std::uint32_t>(size);
  const auto half = static_cast<std::uint16_t>(size);
  if (width == sizeof value) {
    std::memcpy(bytes_.data() + at, &value, width);
  } else {
    std::memcpy(bytes_.data() + at, &half, width);
  }
}

NetlinkMessage& NetlinkMessage::attribute(std::uint16_t type, std::span<const std::byte> value) {
  const nlattr header{static_cast<std::uint16_t>(sizeof(nlattr) + value.size()), type};
  append(std::as_bytes(std::span(&header, 1)));
  append(value);
  return *this;
}

NetlinkMessage& NetlinkMessage::text(std::uint16_t type, std::string_view value) {
  std::vector<std::byte> bytes(value.size() + 1);
  std::memcpy(bytes.data(), value.data(), value.size());
  return attribute(type, bytes);
}

NetlinkMessage& NetlinkMessage::number(std::uint16_t type, std::uint32_t value) {
  return attribute(type, std::as_bytes(std::span(&value, 1)));
}

NetlinkMessage& NetlinkMessage::big_endian(std::uint16_t type, std::uint32_t value) {
  return number(type, htonl(value));
}

std::size_t NetlinkMessage::begin_nested(std::uint16_t type) {
  const std::size_t begin = bytes_.size();
  attribute(static_cast<std::uint16_t>(type | NLA_F_NESTED), {});
  return begin;
}

void NetlinkMessage::end_nested(std::size_t begin) noexcept {
  write_size(begin, bytes_.size() - begin, sizeof(std::uint16_t));
}

void NetlinkMessage::set_sequence(std::uint32_t number) noexcept {
  std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_seq), &number, sizeof number);
}

std::uint16_t NetlinkMessage::flags() const noexcept {
  std::uint16_t flags = 0;
  std::memcpy(&flags, bytes_.data() + offsetof(nlmsghdr, nlmsg_flags), sizeof flags);
  return flags;
}

bool NetlinkMessage::wants_answer() const noexcept {
  return (flags() & NLM_F_ACK) != 0;
}

void NetlinkMessage::want_answer() noexcept {
  const auto wanted = static_cast<std::uint16_t>(flags() | NLM_F_ACK);
  std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_flags), &wanted, sizeof wanted);
}

NetlinkSocket::NetlinkSocket(int family)
    : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family)) {
  constexpr timeval kPatience{5, 0};  // the kernel answers at once
  if (!socket_ ||
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) != 0) {
    throw SysError("open a netlink socket");
  }
}

void NetlinkSocket::transact(std::vector<NetlinkMessage> messages, std::string_view doing) {
  std::vector<std::byte> request;
  std::size_t answers = 0;
  const std::uint32_t first = sequence_ + 1;
  for (NetlinkMessage& message : messages) {
    message.set_sequence(++sequence_);
    request.insert(request.end(), message.bytes().begin(), message.bytes().end());
    answers += message.wants_answer() ? 1 : 0;
  }
  if (::send(socket_.get(), request.data(), request.size(), 0) < 0) throw SysError("{}", doing);

  alignas(nlmsghdr) std::array<std::byte, 16 << 10> buffer;
  while (answers > 0) {
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw SysError("{}", doing);
    auto left = static_cast<unsigned>(size);
    for (auto* at = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(at, left);
         at = NLMSG_NEXT(at, left)) {
      if (at->nlmsg_type != NLMSG_ERROR || at->nlmsg_len < NLMSG_LENGTH(sizeof(nlmsgerr))) continue;
      // Left over from a transaction that failed before.
      if (static_cast<std::int32_t>(at->nlmsg_seq - first) < 0) continue;
      nlmsgerr answer;
      std::memcpy(&answer, NLMSG_DATA(at), sizeof answer);
      // An error also answers a message that asked for none: all of the batch is refused then.
      if (answer.error != 0) throw SysError::from_code(-answer.error, doing);
      --answers;
    }
  }
}

}  // namespace cbuild::network
