// See call_context.h.
#include "src/sandbox/emulated_calls/call_context.h"

#include "src/sandbox/architectures.h"

namespace cbuild::sandbox {

bool CallContext::is_32_bit() const noexcept {
  return notification.architecture != architectures().front().token;
}

Fd CallContext::open(const FileName& name) const {
  Fd file = tracee.open(name);
  if (file && !emulation.listener.is_waiting(notification)) return {};
  return file;
}

}  // namespace cbuild::sandbox
