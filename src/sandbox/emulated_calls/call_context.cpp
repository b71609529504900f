// See call_context.h.
#include "src/sandbox/emulated_calls/call_context.h"

#include "src/sandbox/architectures.h"

namespace cbuild::sandbox {

std::uint32_t CallContext::id(int index) const {
  constexpr std::uint32_t kShortKeep = 0xffff;
  if (!is_old()) return word(index);
  const std::uint32_t narrow = word(index) & 0xffff;
  return narrow == kShortKeep ? kKeepId : narrow;
}

bool CallContext::is_32_bit() const noexcept {
  return notification.architecture != architectures().front().token;
}

Fd CallContext::open(const FileName& name) const {
  Fd file = tracee.open(name);
  if (file && !tracee.is_waiting()) return {};
  return file;
}

}  // namespace cbuild::sandbox
