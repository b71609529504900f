// SCM_RIGHTS; see descriptor_message.h.
#include "src/sandbox/descriptor_message.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

namespace {

/// A message of one byte with room for the descriptors.
struct Message {
  Message() noexcept {
    header.msg_iov = &content;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }

  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  alignas(cmsghdr) char control[CMSG_SPACE(kMostSentDescriptors * sizeof(int))] = {};
  char byte = 0;
  iovec content{&byte, 1};
  msghdr header{};
};

}  // namespace

bool send_descriptors(int channel, std::span<const int> descriptors) noexcept {
  Message message;
  message.header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* part = CMSG_FIRSTHDR(&message.header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
  return ::sendmsg(channel, &message.header, MSG_NOSIGNAL) == 1;
}

std::vector<Fd> receive_descriptors(const Fd& channel, Wait wait) {
  Message message;
  ssize_t count = 0;
  do {
    count = ::recvmsg(channel.get(), &message.header,
                      MSG_CMSG_CLOEXEC | (wait == Wait::no ? MSG_DONTWAIT : 0));
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) return {};
  if (count < 0) throw SysError("receive descriptors from a sandbox");
  std::vector<Fd> received;
  const cmsghdr* part = count == 0 ? nullptr : CMSG_FIRSTHDR(&message.header);
  if (part == nullptr || part->cmsg_type != SCM_RIGHTS) return received;
  for (std::size_t at = 0; CMSG_LEN(at + sizeof(int)) <= part->cmsg_len; at += sizeof(int)) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
    received.emplace_back(fd);
  }
  return received;
}

}  // namespace cbuild::sandbox
