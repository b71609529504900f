// Hands open descriptors to another process (SCM_RIGHTS, unix(7)).
#pragma once

#include <sys/types.h>

#include <span>
#include <vector>

namespace cbuild {
class Fd;
}

namespace cbuild::sandbox {

inline constexpr std::size_t kMostSentDescriptors = 6;

enum class Wait { no, yes };

/// Sends descriptors in one message. Neither throws nor allocates. False: errno says why.
bool send_descriptors(int channel, std::span<const int> descriptors) noexcept;

/// Those of one message; none when the other side was closed before it sent any, or there is none
/// and it shall not wait.  @throws SysError
std::vector<Fd> receive_descriptors(const Fd& channel, Wait wait = Wait::yes);

}  // namespace cbuild::sandbox
