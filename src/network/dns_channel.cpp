// Cuts a stream into messages of DNS; see dns_channel.h.
#include "src/network/dns_channel.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace cbuild::network {

namespace {

constexpr std::size_t kLength = 2;  // bytes before a message
constexpr std::size_t kMostHeld = 65535 + kLength;

}  // namespace

void DnsChannel::read() {
  std::array<std::byte, 16 << 10> buffer;
  while (!at_end_ && !broken_ && in_.size() < kMostHeld) {
    const ssize_t count = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) broken_ = true;
    if (count == 0) at_end_ = true;
    if (count > 0) in_.insert(in_.end(), buffer.begin(), buffer.begin() + count);
  }
}

std::optional<std::vector<std::byte>> DnsChannel::next() {
  if (in_.size() < kLength) return std::nullopt;
  const std::size_t size = static_cast<std::size_t>(in_[0]) << 8 | static_cast<std::size_t>(in_[1]);
  if (in_.size() < kLength + size) return std::nullopt;
  const auto begin = in_.begin() + kLength;
  const auto end = begin + static_cast<std::ptrdiff_t>(size);
  std::vector<std::byte> message(begin, end);
  in_.erase(in_.begin(), end);
  return message;
}

void DnsChannel::put(std::span<const std::byte> message) {
  const auto size = static_cast<std::uint16_t>(message.size());
  out_.push_back(static_cast<std::byte>(size >> 8));
  out_.push_back(static_cast<std::byte>(size));
  out_.insert(out_.end(), message.begin(), message.end());
}

void DnsChannel::write() {
  while (!out_.empty() && !broken_) {
    const ssize_t count = ::send(fd(), out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;  // it is not connected yet
    if (count < 0) broken_ = true;
    if (count > 0) out_.erase(out_.begin(), out_.begin() + count);
  }
}

bool DnsChannel::is_full() const noexcept {
  return out_.size() >= kMostHeld;
}

}  // namespace cbuild::network
