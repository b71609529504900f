// Makes a step the first to be killed when memory runs out.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

/// For this process and those that it starts. Best effort: the rest of the machine survives.
inline void offer_to_oom_killer() noexcept {
  const Fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  (void)!::write(file.get(), "100", 3);
}

}  // namespace cbuild::sandbox
